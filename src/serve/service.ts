import type { ColumnSchema } from '../data/schema.ts'
import type { ModelInfo, OnnxModel } from '../pipeline/onnx-model.ts'
import { openOnnxModel } from '../pipeline/onnx-model.ts'
import { outputWidth } from '../pipeline/outputs.ts'
import { answerForm, writeAnswer, type AnswerForm } from './answer.ts'
import { Batcher } from './batcher.ts'
import type { Background } from './explain.ts'
import { acceptable, contentTypeOf, CSV, JSON_TYPE, type MediaType } from './media.ts'
import { readQuestion, type QuestionLimits } from './question.ts'
import { Refusal } from './refusal.ts'
import { tableOf, type Row } from './rows.ts'
import { inferenceSettings, type InferenceSettings } from './settings.ts'

export interface Invocation {
  readonly contentType: string | undefined
  readonly accept: string | undefined
  readonly body: Uint8Array
  /** The header X-Amzn-SageMaker-Enable-Explanations. */
  readonly explain?: string | undefined
}

export interface InvocationResult {
  readonly status: 200 | 204
  readonly type: MediaType
  readonly body: string
  /** The answer without explanations, where it has some. */
  readonly plain?: { readonly type: MediaType; readonly body: string }
}

export interface ServiceOptions {
  /** `SAGEMAKER_INFERENCE_OUTPUT` and its kind. */
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly maxQueue?: number
  readonly limits?: Partial<QuestionLimits>
  readonly onBatch?: (rows: number, milliseconds: number) => void
  /** Opens what explanations need, when the first is asked for; a model alone has none. */
  readonly background?: () => Promise<Background>
}

/** Requests whose answers are explained or wait for that, one after the other: each takes thousands of predictions. */
const MOST_EXPLAINING = 4

/** Depth and rows of a question that anybody may send. */
const LIMITS: QuestionLimits = { maxRows: 10_000, maxDepth: 16 }

/** A model that answers requests, without a word of HTTP: the server and the control plane share it. */
export class Service {
  readonly info: ModelInfo
  readonly features: readonly ColumnSchema[]
  readonly settings: InferenceSettings
  private readonly model: OnnxModel
  private readonly batcher: Batcher
  private readonly form: AnswerForm
  private readonly limits: QuestionLimits
  private readonly openBackground: (() => Promise<Background>) | undefined
  private background: Promise<Background> | undefined
  private explaining = 0
  private explained: Promise<unknown> = Promise.resolve()
  private closed: Promise<void> | undefined

  constructor(
    model: OnnxModel,
    { env = {}, maxQueue = 100, limits, onBatch, background }: ServiceOptions = {},
  ) {
    this.openBackground = background
    this.model = model
    this.info = model.info
    this.features = model.info.table.columns.filter(({ use }) => use === 'feature')
    this.settings = inferenceSettings(env, model.info.task)
    this.limits = { ...LIMITS, ...limits }
    this.form = answerForm(model.info.task, this.settings.keys, this.settings.withheld)
    this.batcher = new Batcher((rows: readonly Row[]) => model.predict(tableOf(this.features, rows)), {
      width: outputWidth(model.info.task),
      maxQueue,
      ...(onBatch && { onBatch }),
    })
  }

  /** Requests that wait for the model. */
  get waiting(): number {
    return this.batcher.waiting
  }

  /** Answers one request. What the client did wrong is a `Refusal`. */
  async invoke({ contentType, accept, body, explain }: Invocation): Promise<InvocationResult> {
    const asked = contentTypeOf(contentType)
    const type = acceptable(accept, asked, this.settings.accept)
    if (body.length === 0) return { status: 204, type, body: '' }
    const limits = { ...this.limits, ...(this.info.given && { given: this.info.given }) }
    const { rows, named } = await readQuestion(body, contentType ?? CSV, asked, this.features, limits)
    const outputs = rows.length > 0 ? await this.batcher.submit(rows) : new Float64Array(0)
    const text = writeAnswer(this.form, outputs, rows.length, { type, named: asked === CSV && named })
    if (explain === undefined) return { status: 200, type, body: text }
    const explained = await this.explain(explain, rows, { type, text })
    return explained === undefined
      ? { status: 200, type, body: text }
      : { status: 200, type: JSON_TYPE, body: explained, plain: { type, body: text } }
  }

  /** The answer with what it is made of, when the client asks for it. */
  private async explain(
    expression: string,
    rows: readonly Row[],
    { type, text }: { readonly type: MediaType; readonly text: string },
  ): Promise<string | undefined> {
    const { explainedAnswer, explainRows, wantsExplanations } = await import('./explain.ts')
    if (!wantsExplanations(expression)) return undefined
    if (!this.openBackground) {
      throw new Refusal(
        400,
        'E_NO_BACKGROUND',
        'this model has no training rows beside it to explain answers with: expected a server of an experiment; leave X-Amzn-SageMaker-Enable-Explanations out',
      )
    }
    if (this.explaining >= MOST_EXPLAINING)
      throw new Refusal(503, 'E_BUSY', 'other answers are being explained: expected fewer at once; try again')
    this.explaining++
    const turn = this.explained.then(async () => {
      const background = await (this.background ??= this.openBackground!())
      return explainRows(table => this.model.predict(table), tableOf(this.features, rows), background, {
        task: this.info.task,
        width: outputWidth(this.info.task),
        features: this.features,
      })
    })
    this.explained = turn.catch(() => undefined)
    try {
      return explainedAnswer(type, text, await turn)
    } finally {
      this.explaining--
    }
  }

  /** Predicts rows without values, so that the first client does not wait for what is done at first. */
  warmUp(): Promise<void> {
    return this.batcher.calibrate(this.features.map(() => undefined))
  }

  close(): Promise<void> {
    return (this.closed ??= this.model.close())
  }
}

export async function openService(modelFolder: string, options: ServiceOptions = {}): Promise<Service> {
  const model = await openOnnxModel(modelFolder)
  try {
    const service = new Service(model, options)
    await service.warmUp()
    return service
  } catch (error) {
    await model.close()
    throw error
  }
}
