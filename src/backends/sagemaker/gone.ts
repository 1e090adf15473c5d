import { CloudError } from './client.ts'

/** Takes a refusal for "not there", where it says so: models and endpoints have no type of their own for it. */
export function ifGone(error: unknown): undefined {
  if (
    error instanceof CloudError &&
    (/^(ResourceNotFound|NoSuchKey|NoSuchBucket|NoSuchUpload|NotFound)/.test(error.type) ||
      (error.type.startsWith('Validation') && /could not find/i.test(error.message)))
  )
    return undefined
  throw error
}
