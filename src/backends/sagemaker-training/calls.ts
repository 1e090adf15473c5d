import { statSync } from 'node:fs'
import { join } from 'node:path'
import { defaults } from '../../params/space.ts'
import { dataHashes } from '../../experiment/data.ts'
import type { Prepared } from '../../experiment/prepare.ts'
import { definitionHash, type Store } from '../../experiment/store.ts'
import { byteSize, count, duration } from '../../util/text.ts'
import { putCalls, type CloudPlan, type PlannedCall } from '../sagemaker/calls.ts'
import { placeFrom } from '../sagemaker/client.ts'
import { moduleName, placesOf, TRIAL_FILE, trainingRequest } from './request.ts'
import { jobName, runName } from './names.ts'
import { trainingRefusals, trainingSettings } from './settings.ts'

/** What trials as training jobs would take, found without a word to the service. */
export function planTrainingJobs({ spec, paths }: Store, prepared: Prepared): CloudPlan {
  const settings = trainingSettings(spec)
  const run = runName(spec.name)
  const prefix = `${settings.storage}/${run}`
  const files = Object.keys(dataHashes(paths)).map(name => ({
    name: name.replace(/^data\//, ''),
    bytes: statSync(join(paths.folder, name)).size,
  }))
  const dataBytes = files.reduce((sum, { bytes }) => sum + bytes, 0)
  const candidate = prepared.candidates[0]!
  const params = defaults(candidate.space)
  const first = { id: 0, candidate: candidate.name, definition: definitionHash(candidate), params, seed: 0 }
  const order = { job: { request: first, candidate, objective: prepared.objective } }
  const name = jobName(run, 0, 1)
  const places = placesOf(prefix)
  const sagemaker = (operation: string, request: object, repeated: string): PlannedCall => ({
    service: 'sagemaker',
    operation,
    request,
    repeated,
  })
  const each = 'for each trial'
  return {
    region: placeFrom(settings.region).region,
    job: run,
    refusals: trainingRefusals(spec, settings),
    costDrivers: [
      `${byteSize(dataBytes)} (${count(prepared.profile.rows)} rows) go to S3 once, and to an instance for each trial`,
      `up to ${spec.maxCandidates} training jobs, ${spec.workers} at once, each on one ${settings.instanceType}`,
      settings.keepAliveSeconds > 0
        ? `an instance waits up to ${duration(settings.keepAliveSeconds)} for the next trial, which is paid for`
        : 'each job waits a minute or two for its instance, which is not paid for; --keep-alive takes that away where the account allows it',
      spec.budgetSeconds === undefined
        ? 'no --budget is set: the search ends with its last trial'
        : `it ends after ${duration(spec.budgetSeconds)}`,
    ],
    calls: [
      ...files.flatMap(file => putCalls(places.data + file.name, file.bytes)),
      sagemaker(
        'DescribeTrainingJob',
        { TrainingJobName: name },
        `${each}: an earlier client may have made it`,
      ),
      ...putCalls(places.trial(name) + TRIAL_FILE, Buffer.byteLength(JSON.stringify(order)), each),
      ...(spec.metricModule === undefined
        ? []
        : putCalls(
            places.trial(name) + moduleName(spec.metricModule),
            statSync(spec.metricModule).size,
            each,
          )),
      sagemaker(
        'CreateTrainingJob',
        trainingRequest(settings, prefix, { name, order, hardSeconds: 3600, dataBytes }),
        `${each}, ${spec.workers} at once`,
      ),
      sagemaker('DescribeTrainingJob', { TrainingJobName: name }, 'until it has ended, every 3 to 15 s'),
    ],
  }
}
