import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { readDocument, readExperiment, writeDocument } from '../../experiment/store.ts'
import { InputError } from '../../util/errors.ts'
import { placeFrom } from './client.ts'
import type { CloudCandidate, CloudContainer } from './mapping.ts'

const FILE = 'cloud-candidate.json'

/** What a job chose, as far as deploying it needs. */
export interface BestCandidate {
  readonly job: string
  readonly candidate: string
  /** As an inference pipeline has them: the answer of one is the question of the next. */
  readonly containers: readonly CloudContainer[]
}

/** Keeps what a job chose, so that it can be deployed without asking for the job again. */
export function keepBestCandidate(folder: string, job: string, best: CloudCandidate | undefined): void {
  if (!best?.InferenceContainers?.length) return
  const kept: BestCandidate = {
    job,
    candidate: best.CandidateName,
    containers: best.InferenceContainers.map(({ Image, ModelDataUrl, Environment }) => ({
      Image,
      ModelDataUrl,
      ...(Environment && { Environment }),
    })),
  }
  writeDocument(join(folder, FILE), kept)
}

export interface Deployable extends BestCandidate {
  readonly folder: string
  readonly role: string
  readonly region: string
  /** Prefix for files that are made for it. */
  readonly storage: string
}

/** The best candidate of an experiment that ran on SageMaker. */
export function bestCandidateOf(experiment: string): Deployable {
  const { spec, paths } = readExperiment(experiment)
  const path = join(paths.folder, FILE)
  if (spec.cloud === undefined || !existsSync(path)) {
    throw new InputError(
      'E_NOTHING_TO_DEPLOY',
      `experiment ${experiment} holds no candidate of SageMaker: expected one that ended there; run it with --backend sagemaker, or go on with "glasspilot resume ${experiment}"`,
      { exit: 'usage' },
    )
  }
  const { region } = placeFrom(spec.cloud.region)
  return {
    ...readDocument<BestCandidate>(path),
    folder: paths.folder,
    role: spec.cloud.role,
    region,
    storage: spec.cloud.storage,
  }
}
