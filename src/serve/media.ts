import { Refusal } from './refusal.ts'

export const CSV = 'text/csv'
export const JSON_TYPE = 'application/json'
export const JSON_LINES = 'application/jsonlines'

export type MediaType = typeof CSV | typeof JSON_TYPE | typeof JSON_LINES

const NAMES: Readonly<Record<string, MediaType>> = {
  [CSV]: CSV,
  [JSON_TYPE]: JSON_TYPE,
  [JSON_LINES]: JSON_LINES,
  'application/x-jsonlines': JSON_LINES,
  'application/jsonl': JSON_LINES,
}

const bare = (text: string) => text.split(';', 1)[0].trim().toLowerCase()

export const mediaType = (text: string): MediaType | undefined => {
  const name = bare(text)
  return Object.hasOwn(NAMES, name) ? NAMES[name] : undefined
}

const ALL = `${CSV}, ${JSON_TYPE} or ${JSON_LINES}`

/** The form of a question. */
export function contentTypeOf(header: string | undefined): MediaType {
  const type = mediaType(header ?? CSV)
  if (type) return type
  throw new Refusal(
    415,
    'E_CONTENT_TYPE',
    `content type ${bare(header ?? '')} is not supported: ${ALL} was expected`,
  )
}

/** The form of the answer: the first of the list that can be given, else the usual one, else that of the question. */
export function acceptable(
  header: string | undefined,
  asked: MediaType,
  usual: MediaType | undefined,
): MediaType {
  for (const item of (header ?? '*/*').split(',')) {
    const type = mediaType(item)
    if (type) return type
    const name = bare(item)
    if (name === '*/*' || name === '') return usual ?? asked
    if (name === 'application/*') return asked === CSV ? JSON_TYPE : asked
    if (name === 'text/*') return CSV
  }
  throw new Refusal(406, 'E_NOT_ACCEPTABLE', `answers of type ${header} cannot be given: ${ALL} can`)
}
