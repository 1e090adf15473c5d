import { statSync } from 'node:fs'
import { request as requestHttp, type IncomingHttpHeaders } from 'node:http'
import { request as requestHttps } from 'node:https'
import { pipeline } from 'node:stream/promises'
import process from 'node:process'
import { BackendError, messageOf } from '../../util/errors.ts'
import { sha256, sha256Stream } from '../../util/files.ts'
import { withoutSecrets } from '../../util/redact.ts'
import { findCredentials } from './credentials.ts'
import { readPiece, type Piece } from './multipart.ts'
import { openObjects } from './objects.ts'
import type { Unfinished } from './s3-xml.ts'
import { encodePart, signedHeaders, type Credentials } from './signature.ts'

/** The calls that an experiment in the cloud makes; nothing else here knows of HTTP. */
export interface Cloud {
  /** An operation of SageMaker, by name. */
  call(operation: string, request: object): Promise<Record<string, unknown>>
  /** PutMetricData of CloudWatch. What it takes twice it counts twice: where the answer is lost, it is not sent again. */
  putMetrics(request: object): Promise<void>
  /** Asks the endpoint of that name. */
  invoke(endpoint: string, body: string, contentType: string, accept: string): Promise<Buffer>
  /** Large files go in parts. One that was cut off is gone on with when the same is put again. */
  put(uri: string, from: { readonly file: string } | { readonly text: string }): Promise<void>
  get(uri: string): Promise<Buffer>
  /** URIs of all objects that begin so. */
  list(prefix: string): Promise<readonly string[]>
  remove(uri: string): Promise<void>
  /** Uploads in parts to URIs that begin so, which were neither completed nor aborted. */
  unfinished(prefix: string): Promise<readonly Unfinished[]>
  abort(upload: Unfinished): Promise<void>
}

/** What the service answered, when it was a refusal. */
export class CloudError extends BackendError {
  /** As AWS names it: `ResourceNotFound`. */
  readonly type: string
  /** Of HTTP. */
  readonly status: number
  constructor(type: string, message: string, status: number, id: string) {
    super(
      `E_CLOUD`,
      `AWS refused with ${type} (status ${status}${id === '' ? '' : `, request ${id}`}): ${withoutSecrets(message)}`,
      { exit: 'unreachable' },
    )
    this.type = type
    this.status = status
  }
}

export interface CloudPlace {
  readonly region: string
  /** Of another server than AWS, with https or on this machine. */
  readonly sagemaker?: string
  readonly runtime?: string
  readonly cloudwatch?: string
  readonly s3?: string
}

/** As the command line of AWS reads them. */
export function placeFrom(
  region: string | undefined,
  env: Readonly<Record<string, string | undefined>> = process.env,
): CloudPlace {
  const all = env['AWS_ENDPOINT_URL']
  const [sagemaker, runtime, cloudwatch, s3] = ['SAGEMAKER', 'SAGEMAKER_RUNTIME', 'CLOUDWATCH', 'S3'].map(
    service => env[`AWS_ENDPOINT_URL_${service}`] ?? all,
  )
  return {
    region: region ?? env['AWS_REGION'] ?? env['AWS_DEFAULT_REGION'] ?? 'us-east-1',
    ...(sagemaker !== undefined && { sagemaker: checked(sagemaker) }),
    ...(runtime !== undefined && { runtime: checked(runtime) }),
    ...(cloudwatch !== undefined && { cloudwatch: checked(cloudwatch) }),
    ...(s3 !== undefined && { s3: checked(s3) }),
  }
}

function checked(endpoint: string): string {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined
  if (
    url?.protocol === 'https:' ||
    (url?.protocol === 'http:' && /^(localhost|127(\.\d+){3}|\[::1\])$/.test(url.hostname))
  ) {
    return endpoint.replace(/\/+$/, '')
  }
  throw new BackendError(
    'E_BAD_ENDPOINT',
    `endpoint ${endpoint} cannot be used: expected https://, or http:// on this machine; correct AWS_ENDPOINT_URL`,
    {
      exit: 'usage',
    },
  )
}

export interface ClientOptions {
  readonly credentials?: () => Promise<Credentials>
  readonly attempts?: number
  readonly firstDelayMs?: number
  /** Files above this go up in parts of it. */
  readonly partBytes?: number
}

export interface Answer {
  readonly status: number
  readonly body: Buffer
  readonly headers: IncomingHttpHeaders
}

export interface Outgoing {
  readonly method: string
  readonly url: URL
  readonly service: 'sagemaker' | 's3' | 'monitoring'
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: { readonly file: string } | Piece | { readonly text: string }
  /** It must not be done twice: sent again only when it was certainly not done. */
  readonly once?: boolean
}

const TIMEOUT_MS = 60_000
const MAX_DELAY_MS = 20_000
const AGAIN =
  /^(Throttling|TooManyRequests|RequestLimitExceeded|SlowDown|ServiceUnavailable|InternalFailure|InternalError|InternalDependency|ModelNotReady|RequestTimeout)/
const EXPIRED = /^(ExpiredToken|RequestExpired)/

/** Talks to AWS, or to a server that speaks like it, with signed requests. What may pass is tried again, later and later. */
export function openCloud(place: CloudPlace, options: ClientOptions = {}): Cloud {
  const { credentials = findCredentials, attempts = 7, firstDelayMs = 250, partBytes } = options
  let known: Promise<Credentials> | undefined
  const send = async (outgoing: Outgoing): Promise<Answer> => {
    for (let attempt = 1, delay = firstDelayMs; ; attempt++, delay = Math.min(MAX_DELAY_MS, 2 * delay)) {
      const failure = await once(outgoing, place.region, await (known ??= credentials())).catch(
        (error: unknown) => error,
      )
      if (!(failure instanceof Error)) return failure as Answer
      if (failure instanceof CloudError && EXPIRED.test(failure.type)) known = undefined
      else if (failure instanceof CloudError && !AGAIN.test(failure.type)) throw failure
      else if (outgoing.once && !wasNotDone(failure)) throw unsure(outgoing.url.host, failure)
      if (attempt < attempts) await new Promise(done => setTimeout(done, delay))
      else if (failure instanceof CloudError) throw failure
      else {
        throw new BackendError(
          'E_UNREACHABLE',
          `${outgoing.url.host} could not be reached (${messageOf(failure)}): expected an answer; look at the network, then go on with "glasspilot resume"`,
          {
            exit: 'unreachable',
            cause: failure,
          },
        )
      }
    }
  }
  return {
    async call(operation, request) {
      const url = new URL(`${place.sagemaker ?? `https://api.sagemaker.${place.region}.amazonaws.com`}/`)
      const headers = {
        'content-type': 'application/x-amz-json-1.1',
        'x-amz-target': `SageMaker.${operation}`,
      }
      const { body } = await send({
        method: 'POST',
        url,
        service: 'sagemaker',
        headers,
        body: { text: JSON.stringify(request) },
      })
      return body.length === 0 ? {} : (JSON.parse(body.toString('utf8')) as Record<string, unknown>)
    },
    async putMetrics(request) {
      const url = new URL(`${place.cloudwatch ?? `https://monitoring.${place.region}.amazonaws.com`}/`)
      const headers = {
        'content-type': 'application/x-amz-json-1.0',
        'x-amz-target': 'GraniteServiceVersion20100801.PutMetricData',
      }
      await send({
        method: 'POST',
        url,
        service: 'monitoring',
        headers,
        body: { text: JSON.stringify(request) },
        once: true,
      })
    },
    async invoke(endpoint, text, contentType, accept) {
      const base = place.runtime ?? `https://runtime.sagemaker.${place.region}.amazonaws.com`
      const url = new URL(`${base}/endpoints/${encodePart(endpoint)}/invocations`)
      const headers = { 'content-type': contentType, accept }
      return (await send({ method: 'POST', url, service: 'sagemaker', headers, body: { text } })).body
    },
    ...openObjects(send, place, partBytes),
  }
}

/** Refused unread, or never sent. */
const wasNotDone = (failure: Error): boolean =>
  failure instanceof CloudError
    ? failure.status < 500
    : ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN'].includes(String((failure as NodeJS.ErrnoException).code))

const unsure = (host: string, cause: Error) =>
  new BackendError(
    'E_CLOUD_UNSURE',
    `${host} gave no answer that says whether it took what was sent (${messageOf(cause)}): expected one; it is not sent twice, look there before you send it again`,
    { exit: 'unreachable', cause },
  )

async function once(
  { method, url, service, headers = {}, body }: Outgoing,
  region: string,
  credentials: Credentials,
): Promise<Answer> {
  const piece = body !== undefined && 'file' in body ? { startByte: 0, endByte: statSync(body.file).size, ...body } : undefined // prettier-ignore
  const text = body !== undefined && 'text' in body ? body.text : ''
  const length = piece ? piece.endByte - piece.startByte : Buffer.byteLength(text)
  const bodyHash = piece && length > 0 ? await sha256Stream(readPiece(piece)) : sha256(text)
  const signed = signedHeaders(
    { method, url, headers, bodyHash, service, region, time: new Date() },
    credentials,
  )
  const answer = await new Promise<Answer>((resolve, reject) => {
    const outgoing = (url.protocol === 'https:' ? requestHttps : requestHttp)(
      url,
      { method, headers: { ...signed, 'content-length': length }, timeout: TIMEOUT_MS },
      response => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('error', reject)
        response.on('end', () =>
          resolve({
            status: response.statusCode!,
            body: Buffer.concat(chunks),
            headers: response.headers,
          }),
        )
      },
    )
    outgoing.on('timeout', () => outgoing.destroy(new Error(`no answer within ${TIMEOUT_MS / 1000} s`)))
    outgoing.on('error', reject)
    if (piece && length > 0) pipeline(readPiece(piece), outgoing).catch(reject)
    else outgoing.end(text)
  })
  // What takes long begins with 200 and may still end as an error.
  const isLateError = service === 's3' && method === 'POST' && /<Error>/.test(answer.body.toString('latin1'))
  if (answer.status < 300 && !isLateError) return answer
  throw refusalOf(answer)
}

/** JSON of SageMaker, or XML of S3. */
function refusalOf({ status, body, headers }: Answer): CloudError {
  const type = String(headers['x-amzn-errortype'] ?? '')
  const id = String(headers['x-amzn-requestid'] ?? headers['x-amz-request-id'] ?? '')
  const text = body.toString('utf8')
  const xml = (tag: string) => new RegExp(`<${tag}>(.*?)</${tag}>`, 's').exec(text)?.[1]
  let json: { __type?: string; message?: string; Message?: string } = {}
  try {
    json = JSON.parse(text) as typeof json
  } catch {
    // XML, or a page of something between.
  }
  const name = (json['__type'] ?? xml('Code') ?? type).split('#').at(-1)!.split(':')[0]!
  const usual =
    status === 404
      ? 'NotFound'
      : status >= 500
        ? 'ServiceUnavailable'
        : status === 429
          ? 'TooManyRequests'
          : 'Refused'
  return new CloudError(
    name || usual,
    json.message ?? json.Message ?? xml('Message') ?? 'no reason was given',
    status,
    id,
  )
}
