import { CloudError, type Cloud } from './client.ts'
import { ifGone } from './gone.ts'
import type { CloudCandidate } from './mapping.ts'

export interface JobDescription {
  readonly AutoMLJobStatus: string
  readonly AutoMLJobSecondaryStatus: string
  readonly FailureReason?: string
  readonly BestCandidate?: CloudCandidate
  readonly AutoMLJobArtifacts?: Readonly<Record<string, string>>
}

const UNKNOWN = /^(UnknownOperation|InvalidAction)/
const DENIED = /^(AccessDenied|Unauthorized)/

/**
 * AutoML jobs by the second version of their operations; by the first where the second is not known (older servers) or a role may only
 * use the first. A job is one job, whichever made it.
 */
export class AutoMLJobs {
  private readonly cloud: Cloud
  private readonly unknown = new Set<string>()

  constructor(cloud: Cloud) {
    this.cloud = cloud
  }

  /** Undefined when there is no such job. */
  async describe(name: string): Promise<JobDescription | undefined> {
    const request = { AutoMLJobName: name }
    const found = await this.either('DescribeAutoMLJob', request, request).catch(ifGone)
    return found as unknown as JobDescription | undefined
  }

  async create(second: object, first: object): Promise<void> {
    await this.either('CreateAutoMLJob', second, first).catch((error: unknown) => {
      // The answer of an earlier attempt was lost.
      if (!(error instanceof CloudError) || error.type !== 'ResourceInUse') throw error
    })
  }

  async stop(name: string): Promise<void> {
    await this.cloud.call('StopAutoMLJob', { AutoMLJobName: name })
  }

  private async either(operation: string, second: object, first: object): Promise<Record<string, unknown>> {
    if (this.unknown.has(operation)) return this.cloud.call(operation, first)
    try {
      return await this.cloud.call(`${operation}V2`, second)
    } catch (error) {
      if (!(error instanceof CloudError) || !(UNKNOWN.test(error.type) || DENIED.test(error.type)))
        throw error
      const answer = await this.cloud.call(operation, first).catch((other: unknown) => {
        // Neither is allowed: the reason is no matter of versions.
        throw other instanceof CloudError && DENIED.test(other.type) ? error : other
      })
      this.unknown.add(operation)
      return answer
    }
  }
}
