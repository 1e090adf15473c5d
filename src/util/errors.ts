import { withoutSecrets, withoutSecretsJson } from './redact.ts'

/** What every exit status means; the command line promises these numbers. */
export const EXIT = {
  ok: 0,
  noBetterThanBaseline: 2,
  alert: 3,
  usage: 64,
  badData: 65,
  noInput: 66,
  unreachable: 69,
  bug: 70,
  cannotCreate: 73,
  io: 74,
  locked: 75,
  permission: 77,
  noModel: 124,
  hangup: 129,
  interrupted: 130,
  terminated: 143,
} as const
export type ExitName = keyof typeof EXIT

interface ErrorDetail {
  /** Exit status by name; `badData` unless said. */
  readonly exit?: ExitName
  readonly cause?: unknown
}

/**
 * Root of every error we raise on purpose. The message is one sentence: the thing, its value, what was
 * expected, what to do. `code` is stable (`E_TARGET_NOT_FOUND`) and safe to match on.
 */
export class GlasspilotError extends Error {
  readonly code: string
  readonly exit: ExitName
  constructor(code: string, message: string, { exit = 'badData', cause }: ErrorDetail = {}) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = new.target.name
    this.code = code
    this.exit = exit
  }
}

/** The user gave something that cannot be used, and can mend it. */
export class InputError extends GlasspilotError {}

/** One trial could not be completed; it is recorded with this message and the experiment goes on. */
export class TrialError extends GlasspilotError {}

/** A place where trials run (worker pool, cloud) failed; `cause` holds what it said. */
export class BackendError extends GlasspilotError {}

/** The message of anything thrown, as it may be told and kept: without secrets. */
export function messageOf(error: unknown): string {
  if (error instanceof Error) return withoutSecrets(error.message)
  return typeof error === 'object' && error !== null
    ? withoutSecretsJson(error)
    : withoutSecrets(String(error))
}
