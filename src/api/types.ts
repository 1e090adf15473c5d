/** Members of requests and resources that something here looks at; the rest is kept and given back as it came. */

export interface Tag {
  readonly Key: string
  readonly Value: string
}

export interface Channel {
  readonly DataSource?: { readonly S3DataSource: { readonly S3DataType: string; readonly S3Uri: string } }
  readonly CompressionType?: string
  readonly ContentType?: string
  readonly ChannelType?: 'training' | 'validation'
  readonly TargetAttributeName?: string
  readonly SampleWeightAttributeName?: string
}

interface CompletionCriteria {
  readonly MaxCandidates?: number
  readonly MaxRuntimePerTrainingJobInSeconds?: number
  readonly MaxAutoMLJobRuntimeInSeconds?: number
}

interface CandidateGenerationConfig {
  readonly AlgorithmsConfig?: readonly { readonly AutoMLAlgorithms: readonly string[] }[]
  readonly FeatureSpecificationS3Uri?: string
}

interface DataSplitConfig {
  /** Of the rows of the training channel. */
  readonly ValidationFraction?: number
}

interface CreateCommon {
  readonly AutoMLJobName: string
  readonly OutputDataConfig: { readonly S3OutputPath: string; readonly KmsKeyId?: string }
  readonly RoleArn: string
  readonly AutoMLJobObjective?: { readonly MetricName: string }
  readonly ModelDeployConfig?: { readonly AutoGenerateEndpointName?: boolean; readonly EndpointName?: string }
  readonly Tags?: readonly Tag[]
}

export interface CreateV1 extends CreateCommon {
  readonly InputDataConfig: readonly Channel[]
  readonly ProblemType?: string
  readonly AutoMLJobConfig?: {
    readonly CompletionCriteria?: CompletionCriteria
    readonly CandidateGenerationConfig?: CandidateGenerationConfig
    readonly DataSplitConfig?: DataSplitConfig
    readonly Mode?: string
  }
  readonly GenerateCandidateDefinitionsOnly?: boolean
}

export interface TabularJobConfig {
  readonly TargetAttributeName: string
  readonly ProblemType?: string
  readonly Mode?: string
  readonly CompletionCriteria?: CompletionCriteria
  readonly CandidateGenerationConfig?: CandidateGenerationConfig
  readonly FeatureSpecificationS3Uri?: string
  readonly GenerateCandidateDefinitionsOnly?: boolean
  readonly SampleWeightAttributeName?: string
}

export interface CreateV2 extends CreateCommon {
  readonly AutoMLJobInputDataConfig: readonly Channel[]
  readonly AutoMLProblemTypeConfig: { readonly TabularJobConfig?: TabularJobConfig }
  readonly DataSplitConfig?: DataSplitConfig
  readonly SecurityConfig?: object
}

/** Both versions of a request, said one way. */
export interface JobRequest {
  readonly channels: readonly Channel[]
  readonly target: string
  readonly weight?: string
  readonly problemType?: string
  readonly objective?: string
  readonly mode?: string
  readonly limits: CompletionCriteria
  readonly algorithms: readonly string[]
  readonly features?: string
  readonly validationFraction?: number
  readonly definitionsOnly: boolean
}

export type JobStatus = 'InProgress' | 'Completed' | 'Failed' | 'Stopping' | 'Stopped'

/** What is kept of an AutoML job; how far it came follows from the folder of its experiment. Times are epoch seconds. */
export interface JobRecord {
  readonly name: string
  readonly version: 1 | 2
  readonly request: CreateV1 | CreateV2
  readonly status: JobStatus
  /** The last word; while it runs, found in the folder. */
  readonly secondary?: string
  readonly created: number
  readonly modified: number
  readonly ended?: number
  readonly failure?: string
  readonly endpoint?: string
}

export interface Container {
  readonly Image?: string
  readonly ModelDataUrl?: string
  readonly Mode?: string
  readonly Environment?: Readonly<Record<string, string>>
}

export interface ModelRecord {
  readonly name: string
  readonly created: number
  readonly request: {
    readonly ModelName: string
    readonly PrimaryContainer?: Container
    readonly Containers?: readonly Container[]
    readonly ExecutionRoleArn?: string
    readonly Tags?: readonly Tag[]
  }
}

export interface Variant {
  readonly VariantName: string
  readonly ModelName?: string
  readonly InitialInstanceCount?: number
  readonly InstanceType?: string
  readonly InitialVariantWeight?: number
}

export interface ConfigRecord {
  readonly name: string
  readonly created: number
  readonly request: {
    readonly EndpointConfigName: string
    readonly ProductionVariants: readonly Variant[]
    readonly DataCaptureConfig?: Readonly<Record<string, unknown>>
    readonly Tags?: readonly Tag[]
  }
}

export interface EndpointRecord {
  readonly name: string
  readonly created: number
  readonly modified: number
  readonly status: 'Creating' | 'InService' | 'Updating' | 'Failed'
  readonly config: string
  readonly failure?: string
}

export interface TransformRecord {
  readonly name: string
  readonly created: number
  readonly started?: number
  readonly ended?: number
  readonly status: JobStatus
  readonly failure?: string
  readonly request: {
    readonly TransformJobName: string
    readonly ModelName: string
    readonly TransformInput: Channel & { readonly SplitType?: string }
    readonly TransformOutput: {
      readonly S3OutputPath: string
      readonly Accept?: string
      readonly AssembleWith?: string
    }
    readonly TransformResources: object
    readonly Environment?: Readonly<Record<string, string>>
    readonly DataProcessing?: {
      readonly InputFilter?: string
      readonly OutputFilter?: string
      readonly JoinSource?: string
    }
    readonly Tags?: readonly Tag[]
  }
}

/** A training job: what was asked, and how far it is. */
export interface TrainingRecord {
  readonly name: string
  readonly created: number
  readonly modified: number
  readonly started?: number
  readonly ended?: number
  readonly status: JobStatus
  readonly secondary: string
  readonly steps?: readonly { readonly status: string; readonly at: number }[]
  readonly failure?: string
  /** Where its model went. */
  readonly artifacts?: string
  readonly metrics?: Readonly<Record<string, number>>
  readonly request: {
    readonly TrainingJobName: string
    readonly AlgorithmSpecification: {
      readonly TrainingImage?: string
      readonly MetricDefinitions?: readonly { readonly Name: string; readonly Regex: string }[]
    }
    readonly HyperParameters?: Readonly<Record<string, string>>
    readonly InputDataConfig?: readonly (Channel & { readonly ChannelName: string })[]
    readonly OutputDataConfig: { readonly S3OutputPath: string }
    readonly StoppingCondition: { readonly MaxRuntimeInSeconds?: number }
    readonly Environment?: Readonly<Record<string, string>>
    readonly Tags?: readonly Tag[]
  }
}
