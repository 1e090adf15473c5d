import { readFileSync } from 'node:fs'
import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { predictFile } from '../job/predict.ts'
import { modelPredictor } from '../job/predictor.ts'
import { answerForm } from '../serve/answer.ts'
import { contentTypeOf, CSV } from '../serve/media.ts'
import { openService } from '../serve/service.ts'
import { inferenceSettings } from '../serve/settings.ts'
import { messageOf } from '../util/errors.ts'
import { writeFileAtomic } from '../util/files.ts'
import { notFound, inUse, validation } from './aws-error.ts'
import type { Deployments } from './deploy.ts'
import { Places } from './places.ts'
import { now, type Records } from './records.ts'
import type { TransformRecord } from './types.ts'

export interface TransformsOptions {
  readonly places: Places
  readonly records: Records<TransformRecord>
  readonly deployments: Deployments
  readonly log: (text: string) => void
}

/** Batch transform jobs, one after another. One that a stopped server left begins anew: its outputs are written whole or not at all. */
export class Transforms {
  private readonly options: TransformsOptions
  private chain: Promise<void> = Promise.resolve()
  private closing = false

  constructor(options: TransformsOptions) {
    this.options = options
    for (const { name, status } of options.records.all()) {
      if (status === 'InProgress') this.enqueue(name)
      else if (status === 'Stopping') this.end(name, { status: 'Stopped' })
    }
  }

  create(request: TransformRecord['request']): TransformRecord {
    const { records, deployments, places } = this.options
    const name = request.TransformJobName
    if (records.get(name)) throw inUse(`Transform job ${name} already exists`)
    deployments.folderOf(request.ModelName)
    places.path(request.TransformInput.DataSource!.S3DataSource.S3Uri)
    places.path(request.TransformOutput.S3OutputPath)
    const type = contentTypeOf(request.TransformInput.ContentType)
    if (type !== CSV && request.DataProcessing && Object.keys(request.DataProcessing).length > 0) {
      throw validation('DataProcessing is for text/csv here: leave it out, or send CSV')
    }
    const record = records.put({ name, created: now(), status: 'InProgress', request })
    this.enqueue(name)
    return record
  }

  get(name: string): TransformRecord {
    const record = this.options.records.get(name)
    if (record) return record
    throw notFound(`Could not find requested job with name: ${name}`)
  }

  all(): TransformRecord[] {
    return this.options.records.all()
  }

  stop(name: string): void {
    const record = this.get(name)
    if (record.status === 'InProgress') this.options.records.put({ ...record, status: 'Stopping' })
  }

  /** Waits for the file at hand; jobs that are not done begin again with the next server. */
  close(): Promise<void> {
    this.closing = true
    return this.chain
  }

  private enqueue(name: string): void {
    this.chain = this.chain.then(() => this.run(name))
  }

  private async run(name: string): Promise<void> {
    const { records, places, log } = this.options
    if (this.closing) return
    const record = this.get(name)
    if (record.status === 'Stopping') return this.end(name, { status: 'Stopped' })
    records.put({ ...record, started: now() })
    try {
      const { S3Uri } = record.request.TransformInput.DataSource!.S3DataSource
      const files = places.files(S3Uri)
      if (files.length === 0) throw new Error(`no object exists at ${S3Uri}: expected rows there`)
      const base = S3Uri.replace(/[^/]*$/, '')
      const root = places.path(base)
      for (const file of files) {
        if (this.closing) return
        if (this.get(name).status === 'Stopping') return this.end(name, { status: 'Stopped' })
        const key = file
          .slice(root.length)
          .split(/[\\/]/)
          .filter(part => part !== '')
        const target = places.path(`${Places.under(record.request.TransformOutput.S3OutputPath, ...key)}.out`)
        await this.transform(record, file, target)
      }
      this.end(name, { status: 'Completed' })
    } catch (error) {
      log(`transform job ${name}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`)
      this.end(name, { status: 'Failed', failure: messageOf(error).slice(0, 1024) })
    }
  }

  private async transform({ request }: TransformRecord, file: string, target: string): Promise<void> {
    const { folder, env } = this.options.deployments.folderOf(request.ModelName)
    const variables = { ...env, ...request.Environment }
    const { ContentType = CSV } = request.TransformInput
    const { Accept } = request.TransformOutput
    mkdirSync(dirname(target), { recursive: true, mode: 0o700 })
    if (contentTypeOf(ContentType) === CSV && contentTypeOf(Accept ?? CSV) === CSV) {
      const predictor = await modelPredictor(folder)
      try {
        const { keys, withheld } = inferenceSettings(variables, predictor.task)
        const { InputFilter, OutputFilter, JoinSource } = request.DataProcessing ?? {}
        await predictFile(predictor, file, target, {
          noHeader: !/header\s*=\s*"?present/i.test(ContentType),
          join: JoinSource === 'Input',
          ...(InputFilter !== undefined && { inputFilter: InputFilter }),
          ...(OutputFilter !== undefined && { outputFilter: OutputFilter }),
          form: answerForm(predictor.task, keys, withheld),
        })
      } finally {
        await predictor.close()
      }
      return
    }
    const service = await openService(folder, { env: variables, limits: { maxRows: Infinity } })
    try {
      const answer = await service.invoke({
        contentType: ContentType,
        accept: Accept,
        body: readFileSync(file),
      })
      writeFileAtomic(target, answer.body)
    } finally {
      await service.close()
    }
  }

  private end(name: string, end: Pick<TransformRecord, 'status'> & Partial<TransformRecord>): void {
    this.options.records.put({ ...this.get(name), ...end, ended: now() })
  }
}
