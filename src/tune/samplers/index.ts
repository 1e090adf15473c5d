import type { Sampler } from '../sampler.ts'
import { local } from './local.ts'
import { random } from './random.ts'
import { sobol } from './sobol.ts'
import { tpe } from './tpe.ts'

/** Every sampler by the name users type. A new sampler is a file and one entry here. */
export const samplers = { random, sobol, tpe, local } satisfies Record<string, Sampler>
export type SamplerName = keyof typeof samplers
