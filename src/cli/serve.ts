import process from 'node:process'
import { backgroundFor } from '../job/background.ts'
import { findModelFolder } from '../job/predictor.ts'
import { VERSION } from '../job/version.ts'
import { Capture, CAPTURE_DEFAULTS } from '../serve/capture.ts'
import { MAX_BYTES, startServer } from '../serve/server.ts'
import { InputError } from '../util/errors.ts'
import { option, parseDuration, wholeNumber, type CommandDefinition } from './command.ts'
import { guardFrom, networkOptions, untilStopped } from './network.ts'

export const serveCommand: CommandDefinition = {
  usage: 'serve <experiment>',
  summary: 'Answer predictions over HTTP: GET /ping and POST /invocations, as a SageMaker container does',
  examples: [
    'glasspilot serve glasspilot-churn',
    "curl localhost:8080/invocations -H 'Content-Type: text/csv' --data-binary @new.csv",
    'SAGEMAKER_INFERENCE_OUTPUT=predicted_label glasspilot serve glasspilot-churn --port 9000',
  ],
  options: [
    ...networkOptions('8080, or SAGEMAKER_BIND_TO_PORT'),
    option(
      '--max-body <bytes>',
      `most bytes of a request (default: ${MAX_BYTES}, or MAX_CONTENT_LENGTH)`,
    ).argParser(wholeNumber(1)),
    option('--queue <n>', 'requests that may wait before others are told to come again')
      .argParser(wholeNumber(1))
      .default(100),
    option('--capture <folder>', 'write requests and answers to files there, for "glasspilot monitor"'),
    option('--capture-percent <n>', 'share of requests that is written')
      .argParser(wholeNumber(0))
      .default(100),
    option('--capture-rotate <time>', 'a new file after this time, or 64 MiB')
      .argParser(parseDuration)
      .default(3600, '1h'),
  ],
  async run({ args, options }, { note }) {
    const started = performance.now()
    const { env } = process
    const folder = options['capture'] as string | undefined
    const capture =
      folder === undefined
        ? undefined
        : new Capture({
            folder,
            percent: options['capturePercent'] as number,
            maxBytes: CAPTURE_DEFAULTS.maxBytes,
            maxSeconds: options['captureRotate'] as number,
          })
    const background = backgroundFor(args[0]!)
    const server = await startServer({
      modelFolder: findModelFolder(args[0]!),
      host: options['host'] as string,
      port: portFrom(options['port'] as number | undefined, env['SAGEMAKER_BIND_TO_PORT']),
      guard: guardFrom(options),
      maxBytes:
        (options['maxBody'] as number | undefined) ?? (Number(env['MAX_CONTENT_LENGTH']) || MAX_BYTES),
      maxQueue: options['queue'] as number,
      env,
      version: VERSION,
      log: note,
      ...(capture && { capture }),
      ...(background && { background }),
    })
    note(
      `serving ${server.service.info.name} on http://${options['host']}:${server.port} after ${Math.round(performance.now() - started)} ms`,
    )
    await untilStopped()
    await server.close()
  },
}

function portFrom(asked: number | undefined, variable: string | undefined): number {
  if (asked !== undefined) return asked
  if (variable === undefined) return 8080
  const port = Number(variable)
  if (/^\d{1,5}$/.test(variable) && port < 65_536) return port
  throw new InputError(
    'E_BAD_PORT',
    `SAGEMAKER_BIND_TO_PORT is "${variable}": expected a port, 0 … 65535; correct it`,
    {
      exit: 'usage',
    },
  )
}
