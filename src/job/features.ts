import { readFileSync } from 'node:fs'
import { z } from 'zod'
import type { FeatureChoice } from '../experiment/types.ts'
import { InputError } from '../util/errors.ts'
import { quoted } from '../util/text.ts'

const KINDS = ['numeric', 'categorical', 'text', 'datetime', 'sequence'] as const

const Specification = z.strictObject({
  FeatureAttributeNames: z.array(z.string()).optional(),
  FeatureDataTypes: z.record(z.string(), z.enum(KINDS)).optional(),
})

/** Reads Autopilot's FeatureSpecification: which columns are features, and of what type. */
export function readFeatureSpecification(path: string, target: string | undefined): FeatureChoice {
  let json: unknown
  try {
    json = JSON.parse(readFileSync(path, 'utf8'))
  } catch (error) {
    throw new InputError(
      'E_FEATURES_FILE',
      `--features file ${path} cannot be read (${(error as Error).message}): expected JSON with FeatureAttributeNames and/or FeatureDataTypes; mend the file`,
      { exit: 'usage' },
    )
  }
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
