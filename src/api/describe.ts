import { PROBLEM_TYPES } from '../job/job.ts'
import { candidateOf } from './candidates.ts'
import type { ExperimentView } from './experiment-view.ts'
import { jobRequest } from './job-request.ts'
import { artifacts } from './jobs.ts'
import { arn } from './records.ts'
import type { Channel, CreateV1, CreateV2, JobRecord } from './types.ts'

/** Autopilot's word for how far a job came. */
export function secondaryOf(job: JobRecord, view: ExperimentView): string {
  if (job.status !== 'InProgress') return job.secondary ?? job.status
  const { mode } = jobRequest(job)
  switch (view.stage) {
    case 'Training':
      return mode === 'HYPERPARAMETER_TUNING' ? 'ModelTuning' : 'TrainingModels'
    case 'Finished':
      return job.request.ModelDeployConfig ? 'DeployingModel' : 'GeneratingModelInsightsReport'
    default:
      return view.stage
  }
}

function describeCommon(job: JobRecord, view: ExperimentView): Record<string, unknown> {
  const { name, request, status, created, modified, ended, failure, endpoint } = job
  const best = view.rows.find(({ trial }) => trial === view.best)
  const files = artifacts(job)
  const isPlanned =
    view.rows.length > 0 ||
    ['FeatureEngineering', 'Finished'].includes(view.stage) ||
    job.secondary === 'CandidateDefinitionsGenerated'
  return {
    AutoMLJobName: name,
    AutoMLJobArn: arn('automl-job', name),
    OutputDataConfig: request.OutputDataConfig,
    RoleArn: request.RoleArn,
    ...(request.AutoMLJobObjective && { AutoMLJobObjective: request.AutoMLJobObjective }),
    CreationTime: created,
    ...(ended !== undefined && { EndTime: ended }),
    LastModifiedTime: modified,
    ...(failure !== undefined && { FailureReason: failure }),
    ...(best && { BestCandidate: candidateOf(job, view, best) }),
    AutoMLJobStatus: status,
    AutoMLJobSecondaryStatus: secondaryOf(job, view),
    ...(isPlanned && {
      AutoMLJobArtifacts: {
        CandidateDefinitionNotebookLocation: files.candidates,
        DataExplorationNotebookLocation: files.exploration,
      },
    }),
    ...(request.ModelDeployConfig && { ModelDeployConfig: request.ModelDeployConfig }),
    ...(endpoint !== undefined && { ModelDeployResult: { EndpointName: endpoint } }),
  }
}

/** As the service echoes them, with what was left out filled in. */
const channel = (given: Channel) => ({
  ContentType: 'text/csv;header=present',
  ChannelType: 'training',
  ...given,
})

function resolved(job: JobRecord, view: ExperimentView) {
  return {
    ...(view.objective && { AutoMLJobObjective: { MetricName: view.objective.name } }),
    CompletionCriteria: {
      MaxCandidates: 250,
      MaxAutoMLJobRuntimeInSeconds: 2_592_000,
      ...jobRequest(job).limits,
    },
  }
}

export function describeJob(job: JobRecord, view: ExperimentView): Record<string, unknown> {
  const request = job.request as CreateV1
  const problemType = request.ProblemType ?? (view.task && PROBLEM_TYPES[view.task])
  return {
    ...describeCommon(job, view),
    InputDataConfig: request.InputDataConfig.map(channel),
    ...(request.ProblemType !== undefined && { ProblemType: request.ProblemType }),
    ...(request.AutoMLJobConfig && { AutoMLJobConfig: request.AutoMLJobConfig }),
    GenerateCandidateDefinitionsOnly: request.GenerateCandidateDefinitionsOnly ?? false,
    ResolvedAttributes: {
      ...resolved(job, view),
      ...(problemType !== undefined && { ProblemType: problemType }),
    },
  }
}

/** Describes jobs of both versions. */
export function describeJobV2(job: JobRecord, view: ExperimentView): Record<string, unknown> {
  const asked = jobRequest(job)
  const problemType = asked.problemType ?? (view.task && PROBLEM_TYPES[view.task])
  const v2 = job.version === 2 ? (job.request as CreateV2) : undefined
  const v1 = job.request as CreateV1
  const tabular = v2?.AutoMLProblemTypeConfig.TabularJobConfig ?? {
    TargetAttributeName: asked.target,
    ...(asked.problemType !== undefined && { ProblemType: asked.problemType }),
    ...(asked.mode !== undefined && { Mode: asked.mode }),
    CompletionCriteria: asked.limits,
  }
  const channels = v2 ? v2.AutoMLJobInputDataConfig : v1.InputDataConfig.map(withoutColumns)
  return {
    ...describeCommon(job, view),
    AutoMLJobInputDataConfig: channels.map(channel),
    AutoMLProblemTypeConfig: { TabularJobConfig: tabular },
    AutoMLProblemTypeConfigName: 'Tabular',
    ResolvedAttributes: {
      ...resolved(job, view),
      AutoMLProblemTypeResolvedAttributes: {
        TabularResolvedAttributes: { ...(problemType !== undefined && { ProblemType: problemType }) },
      },
    },
    ...(v2?.DataSplitConfig && { DataSplitConfig: v2.DataSplitConfig }),
    ...(v2?.SecurityConfig && { SecurityConfig: v2.SecurityConfig }),
  }
}

/** The second version names columns elsewhere. */
const withoutColumns = (given: Channel): Channel =>
  Object.fromEntries(
    Object.entries(given).filter(
      ([name]) => name !== 'TargetAttributeName' && name !== 'SampleWeightAttributeName',
    ),
  )

export function jobSummary(job: JobRecord, secondary: string): Record<string, unknown> {
  const { name, status, created, modified, ended, failure } = job
  return {
    AutoMLJobName: name,
    AutoMLJobArn: arn('automl-job', name),
    AutoMLJobStatus: status,
    AutoMLJobSecondaryStatus: secondary,
    CreationTime: created,
    ...(ended !== undefined && { EndTime: ended }),
    LastModifiedTime: modified,
    ...(failure !== undefined && { FailureReason: failure }),
  }
}
