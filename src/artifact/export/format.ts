import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { ModelInfo } from '../../pipeline/onnx-model.ts'

/** One way of handing a model on: a folder that predicts with nothing of Glasspilot installed. */
export interface ExportFormat {
  /** As `--format` has it. */
  readonly name: string
  readonly summary: string
  /** What stands beside model.onnx and model.json. */
  files(details: PackageDetails): readonly PackageFile[]
  /** What to type next. */
  next(folder: string): string
}

export interface PackageDetails {
  readonly info: ModelInfo
  /** Version of the onnxruntime that the model was checked with. */
  readonly onnxruntime: string
}

export interface PackageFile {
  /** Name in the folder. */
  readonly name: string
  readonly text: string
}

const TEMPLATES = fileURLToPath(new URL('../../../templates/package/', import.meta.url))

/** A file of `templates/package/`, its `{{names}}` filled in. A name without a value is a bug of the template. */
export function fromTemplate(
  path: string,
  name: string,
  values: Readonly<Record<string, string>> = {},
): PackageFile {
  const text = readFileSync(TEMPLATES + path, 'utf8').replace(/\{\{(\w+)\}\}/g, (tag, key: string) => {
    if (!Object.hasOwn(values, key)) throw new Error(`template ${path} has ${tag}, which has no value`)
    return values[key]!
  })
  return { name, text }
}

/** What templates may name. Names that people chose are safe to stand in markdown. */
export function templateValues({ info, onnxruntime }: PackageDetails): Record<string, string> {
  const { task } = info
  const answer =
    task.task === 'regression'
      ? 'The answer has one column, `prediction`.'
      : 'The answer has `predicted_label`, `probability` (of that label) and one `probability_<label>` per class.'
  return {
    name: markdown(info.name),
    target: markdown(task.target),
    package: packageName(info.name),
    answer,
    onnxruntime,
  }
}

/** Text as a line of markdown shows it. */
export const markdown = (text: string): string =>
  text.replace(/\s+/g, ' ').replace(/[\\`*_{}[\]<>()#+\-.!|~&]/g, '\\$&')

/** Lower-case letters, digits and inner hyphens, as npm and Docker take them. */
const packageName = (name: string): string =>
  name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '') || 'model'
