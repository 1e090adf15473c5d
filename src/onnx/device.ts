import process from 'node:process'
import { messageOf } from '../util/errors.ts'
import { Graph } from './graph.ts'
import { feed, loadRuntime, openSession, type Provider } from './session.ts'

/** Where nets are trained; everything else runs on the processor. */
export const DEVICES = ['cpu', 'auto', 'webgpu', 'cuda'] as const
export type DeviceName = (typeof DEVICES)[number]

/** Name of the environment variable by which a run tells its workers where to train nets. */
export const DEVICE_VARIABLE = 'GLASSPILOT_DEVICE'

export interface DeviceCheck {
  readonly device: Provider
  readonly usable: boolean
  /** What it runs on, or why not. */
  readonly found: string
}

const FASTEST_FIRST: readonly Provider[] = ['cuda', 'webgpu']

/** Whether onnxruntime can compute something on a device. */
export async function checkDevice(device: Provider): Promise<DeviceCheck> {
  try {
    const { env, listSupportedBackends } = await loadRuntime()
    env.logLevel = 'fatal' // what is missing is told in one line
    const backends = typeof listSupportedBackends === 'function' ? listSupportedBackends() : []
    if (device !== 'cpu' && !backends.some(({ name }) => name === device))
      return { device, usable: false, found: `this build of onnxruntime has no ${device}` }
    const graph = new Graph('check')
    const x = graph.input('x', 'float', [2, 2])
    graph.output('y', graph.op('MatMul', [x, x]), [2, 2])
    const session = await openSession(graph.encode(), { device })
    try {
      const { y } = await session.run({ x: await feed(Float32Array.of(1, 2, 3, 4), [2, 2]) })
      const right = [7, 10, 15, 22].every((value, i) => y!.data[i] === value)
      return { device, usable: right, found: right ? 'computes' : 'computes wrongly' }
    } finally {
      await session.release()
    }
  } catch (error) {
    return { device, usable: false, found: reasonOf(messageOf(error)) }
  }
}

/** What onnxruntime means, without where in its sources it says so. */
function reasonOf(message: string): string {
  if (/WebGPU adapter/.test(message)) return 'no graphics driver that WebGPU accepts'
  if (/providers_(shared|cuda)|shared library/i.test(message))
    return "CUDA libraries are missing: let onnxruntime-node's install step fetch them"
  return message.split('\n')[0]!
}

/** The device that was asked for or, with the reason, the processor. */
export async function chooseDevice(
  asked: DeviceName,
): Promise<{ readonly device: Provider; readonly note?: string }> {
  if (asked === 'cpu') return { device: 'cpu' }
  const failed: DeviceCheck[] = []
  for (const device of asked === 'auto' ? FASTEST_FIRST : [asked]) {
    const check = await checkDevice(device)
    if (check.usable) return { device }
    failed.push(check)
  }
  const reasons = failed.map(({ device, found }) => `${device}: ${found}`).join('; ')
  return { device: 'cpu', note: `nets are trained on the processor (${reasons})` }
}

/** Where this process trains nets. */
export function trainingDevice(): Provider {
  const asked = process.env[DEVICE_VARIABLE]
  return asked === 'webgpu' || asked === 'cuda' ? asked : 'cpu'
}
