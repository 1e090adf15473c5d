import { InputError } from '../util/errors.ts'
import type { Backend } from './backend.ts'
import { local } from './local/index.ts'
import { sagemaker } from './sagemaker/index.ts'
import { sagemakerTraining } from './sagemaker-training/index.ts'

/** Every backend. */
export const backends: readonly Backend[] = [local, sagemaker, sagemakerTraining]

export function backendNamed(name: string): Backend {
  const backend = backends.find(candidate => candidate.name === name)
  if (backend) return backend
  throw new InputError(
    'E_UNKNOWN_BACKEND',
    `backend "${name}" is not available in this version: expected one of ${backends.map(({ name }) => name).join(', ')}; leave --backend out to run here`,
    { exit: 'usage' },
  )
}
