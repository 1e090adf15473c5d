import { Refusal } from '../serve/refusal.ts'

/** An error by the name that clients of AWS match on. */
export class AwsError extends Refusal {
  readonly type: string
  constructor(type: string, message: string, status = 400) {
    super(status, type, message)
    this.type = type
  }
}

export const validation = (message: string) => new AwsError('ValidationException', message)
export const notFound = (message: string) => new AwsError('ResourceNotFound', message)
export const inUse = (message: string) => new AwsError('ResourceInUse', message)
