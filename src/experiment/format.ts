import { InputError } from '../util/errors.ts'

/** Version of everything in an experiment folder: documents, journal, lock. The CSV files for people follow from these. */
export const FORMAT_VERSION = 1

/** Refuses what another version wrote. `program`: the Glasspilot that wrote it, where the file says. */
export function requireVersion(path: string, found: unknown, program?: unknown): void {
  if (found === FORMAT_VERSION) return
  const by = typeof program === 'string' ? `, written by Glasspilot ${program}` : ''
  throw new InputError(
    'E_BAD_VERSION',
    `${path} has format version ${JSON.stringify(found)}${by}: this program reads version ${FORMAT_VERSION} and changes nothing there; use ${typeof found === 'number' && found > FORMAT_VERSION ? 'that or a later version of Glasspilot' : 'the version that wrote it'}`,
  )
}
