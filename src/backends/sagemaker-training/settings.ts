import { existsSync, readFileSync } from 'node:fs'
import { basename, extname } from 'node:path'
import type { ExperimentSpec } from '../../experiment/types.ts'
import { quoted } from '../../util/text.ts'
import { failed, placeChecks, type Check } from '../sagemaker/checks.ts'
import { cloudSettings, type CloudSettings } from '../sagemaker/settings.ts'

/** Where trials run as training jobs, and on what. */
export interface TrainingSettings extends CloudSettings {
  /** Of a registry: made of an export of format docker, with Glasspilot in it. */
  readonly image: string
  readonly instanceType: string
  /** An instance waits so long for the next trial before it is given back; 0: it does not. */
  readonly keepAliveSeconds: number
}

export const TRAINING_DEFAULTS = { instanceType: 'ml.m5.xlarge', keepAliveSeconds: 0 }

const IMAGE = /^[\w.-]+(:\d+)?(\/[\w.-]+)*([:@][\w.:+-]+)?$/
const MAX_KEEP_ALIVE_SECONDS = 3600

export const trainingSettings = ({
  cloud = { role: '', storage: '' },
}: ExperimentSpec): TrainingSettings => ({
  ...TRAINING_DEFAULTS,
  image: '',
  ...cloud,
  ...cloudSettings(cloud),
})

const IMPORTED = /\b(?:from|import|require)\s*\(?\s*(['"])(?!node:)([^'"]+)\1/

/** A module of one file goes with its trials; what it imports beside Node itself would not be there. */
function moduleChecks({ metricModule: path }: ExperimentSpec): Check[] {
  if (path === undefined || !existsSync(path)) return []
  const [, , imported] = IMPORTED.exec(readFileSync(path, 'utf8')) ?? []
  return [
    [
      extname(path).toLowerCase() === '.js',
      `--objective is ${basename(path)}: expected a name that ends in .mjs or .cjs, as nothing else says there which it is`,
    ],
    [
      imported !== undefined,
      `--objective imports ${quoted(imported ?? '')}: expected one file that imports modules of Node alone ("node:…"), as only it is sent`,
    ],
  ]
}

/** What could not be done as asked; found before anything is sent. */
export function trainingRefusals(spec: ExperimentSpec, settings: TrainingSettings): string[] {
  const { image, instanceType, keepAliveSeconds } = settings
  return failed([
    ...placeChecks(settings),
    [
      !IMAGE.test(image) || image.length > 255,
      `--training-image is "${image}": expected the one in a registry that was made of "glasspilot export --format docker"`,
    ],
    [
      !/^ml\.[a-z0-9-]+\.[a-z0-9-]+$/.test(instanceType),
      `--instance-type is "${instanceType}": expected one such as ml.m5.xlarge`,
    ],
    [
      keepAliveSeconds > MAX_KEEP_ALIVE_SECONDS,
      `--keep-alive is ${keepAliveSeconds} s: at most ${MAX_KEEP_ALIVE_SECONDS} are allowed`,
    ],
    ...moduleChecks(spec),
  ])
}
