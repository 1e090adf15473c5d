import { readFileSync } from 'node:fs'
import { z } from 'zod'
import type { FeatureChoice } from '../experiment/types.ts'
import { InputError, messageOf } from '../util/errors.ts'
import { quoted } from '../util/text.ts'

const KINDS = ['numeric', 'categorical', 'text', 'datetime', 'sequence'] as const

const Specification = z.strictObject({
  FeatureAttributeNames: z.array(z.string()).optional(),
  FeatureDataTypes: z.record(z.string(), z.enum(KINDS)).optional(),
})

/** Reads Autopilot's FeatureSpecification: which columns are features, and of what type. */
export function readFeatureSpecification(path: string, target: string | undefined): FeatureChoice {
  const json = readJson(path)
  const parsed = Specification.safeParse(json)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!
    throw new InputError(
      'E_FEATURES_FILE',
      `--features file ${path} at ${issue.path.join('.') || 'top level'}: ${issue.message}; expected {"FeatureAttributeNames": […], "FeatureDataTypes": {"column": "numeric" | "categorical" | "text" | "datetime" | "sequence"}}`,
      { exit: 'usage' },
    )
  }
  const { FeatureAttributeNames: names, FeatureDataTypes: types } = parsed.data
  const listed = names ?? []
  const problem = [
    target !== undefined && (listed.includes(target) || (types && Object.hasOwn(types, target)))
      ? `names the target ${quoted(target!)}: expected features only`
      : undefined,
    new Set(listed).size < listed.length ? 'names a column twice: expected each once' : undefined,
    names && types && Object.keys(types).some(name => !names.includes(name))
      ? 'types a column that FeatureAttributeNames leaves out: expected types of listed columns only'
      : undefined,
  ].find(text => text !== undefined)
  if (problem)
    throw new InputError('E_FEATURES_FILE', `--features file ${path} ${problem}; mend the file`, {
      exit: 'usage',
    })
  return { ...(names && { names }), kinds: Object.entries(types ?? {}) as [string, (typeof KINDS)[number]][] }
}

function readJson(path: string): unknown {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (cause) {
    throw new InputError(
      'E_FEATURES_FILE',
      `--features file ${path} cannot be read (${messageOf(cause)}): expected a JSON file; check the path`,
      { exit: 'noInput', cause },
    )
  }
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new InputError(
      'E_FEATURES_FILE',
      `--features file ${path} is not JSON from line ${lineOfError(text)} on (${messageOf(cause).replace(/\s+/g, ' ')}): expected FeatureAttributeNames and/or FeatureDataTypes; mend the file`,
      { exit: 'usage', cause },
    )
  }
}

/** The first line up to which the text is not merely unfinished: engines name a position for some errors only. */
function lineOfError(text: string): number {
  const lines = text.split('\n')
  for (let n = 1; n < lines.length; n++) {
    const start = lines.slice(0, n).join('\n')
    try {
      JSON.parse(start)
    } catch (error) {
      const message = messageOf(error)
      const position = Number(/at position (\d+)/.exec(message)?.[1] ?? -1)
      const unfinished = /end of JSON input|Unterminated/.test(message) || position >= start.trimEnd().length
      if (!unfinished) return n
    }
  }
  return lines.length
}
