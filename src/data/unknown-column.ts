import { InputError } from '../util/errors.ts'
import { nearest, quoted } from '../util/text.ts'

/** No column of that name: says which one is near, and lists them. */
export function unknownColumn(
  code: string,
  name: string,
  names: readonly string[],
  path: string,
): InputError {
  const near = nearest(name, names)
  const listed =
    names.slice(0, 20).map(quoted).join(', ') + (names.length > 20 ? ` and ${names.length - 20} more` : '')
  return new InputError(
    code,
    `no column ${quoted(name)} in ${quoted(path)};${near === undefined ? '' : ` did you mean ${quoted(near)}?`} columns: ${listed}`,
  )
}
