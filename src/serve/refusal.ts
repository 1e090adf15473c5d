import { GlasspilotError } from '../util/errors.ts'

/** An answer other than 200: what the client sent wrong, in one sentence, or why it has to come again. */
export class Refusal extends GlasspilotError {
  /** HTTP status. */
  readonly status: number
  constructor(status: number, code: string, message: string) {
    super(code, message)
    this.status = status
  }
}
