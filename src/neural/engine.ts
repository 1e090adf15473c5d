import process from 'node:process'
import { openSession, type Session, type SessionOptions } from '../onnx/session.ts'
import { BackendError } from '../util/errors.ts'
import { tfjsSession } from './tfjs/session.ts'
import { broken, loadTfjs, TFJS_PACKAGES } from './tfjs/tf.ts'

/** What computes the steps of a training. */
export const ENGINES = ['onnxruntime', 'tfjs'] as const
export type EngineName = (typeof ENGINES)[number]

/** Name of the environment variable by which a run tells its workers which engine trains nets. */
export const ENGINE_VARIABLE = 'GLASSPILOT_NN_ENGINE'

/** The engine of this process. */
export const trainingEngine = (): EngineName =>
  process.env[ENGINE_VARIABLE] === 'tfjs' ? 'tfjs' : 'onnxruntime'

/** The engine that was asked for or, with the reason, the one that is always there. `note` also says what tfjs runs on. */
export async function chooseEngine(
  asked: EngineName,
): Promise<{ readonly engine: EngineName; readonly note?: string }> {
  if (asked === 'onnxruntime') return { engine: asked }
  const loaded = await loadTfjs()
  if (loaded) return { engine: 'tfjs', note: `nets are trained by TensorFlow.js (${loaded.found})` }
  const reason = broken.length > 0 ? broken.join('; ') : `none of ${TFJS_PACKAGES.join(', ')} is installed`
  return { engine: 'onnxruntime', note: `nets are trained by onnxruntime (${reason})` }
}

/** A training or scoring graph, in the engine of this process. */
export async function openTraining(graph: Uint8Array, options: SessionOptions = {}): Promise<Session> {
  if (trainingEngine() === 'onnxruntime') return openSession(graph, options)
  const loaded = await loadTfjs()
  if (loaded) return tfjsSession(loaded.tf, graph)
  throw new BackendError(
    'E_NO_TFJS',
    `${ENGINE_VARIABLE} asks for tfjs, which could not be loaded: expected one of ${TFJS_PACKAGES.join(', ')}; install one or leave --nn-engine out`,
  )
}
