import process from 'node:process'
import { messageOf } from '../../util/errors.ts'
import { runOrderedTrial } from './container.ts'

// What the container of a training job runs for one trial. Its argument is /opt/ml.
try {
  const { state, reason, metrics = {} } = await runOrderedTrial(process.argv[2]!)
  process.stdout.write(`${state}${reason === undefined ? '' : `: ${reason}`}\n`)
  for (const [name, value] of Object.entries(metrics))
    process.stdout.write(`validation:${name}=${String(value)};\n`)
} catch (error) {
  process.stderr.write(`${messageOf(error)}\n`)
  process.exitCode = 1
}
