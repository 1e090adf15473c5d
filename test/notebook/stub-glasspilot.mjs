// Answers as the glasspilot command does, and notes what it was asked. Its first argument is where it notes.
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const [notes, verb, folder, ...rest] = process.argv.slice(2)
appendFileSync(notes, `${JSON.stringify([verb, folder, ...rest])}\n`)
process.stderr.write(`${verb}: working\n`)
const row = (rank, state, more) => ({
  rank, trial: rank, candidate: `dpp${rank}`, algorithm: 'trees', score: state === 'COMPLETE' ? 0.9 - rank / 100 : null, std: 0.01,
  metrics: { AUC: 0.9 }, fitSeconds: 1.5, predictMicrosecondsPerRow: 10, bytes: 1000, state, ...more,
}) // prettier-ignore
const answers = {
  resume: { candidates: 2, failed: 1, best: { candidate: 'dpp0', algorithm: 'trees', score: 0.9 } },
  leaderboard: [row(0, 'COMPLETE'), row(1, 'COMPLETE'), row(2, 'FAILED', { reason: 'no rows' })],
  evaluate: { rows: 50, metrics: { AUC: 0.88, Accuracy: 0.8 } },
}
const importance = [{ name: 'age', value: 0.2 }, { name: 'city', value: 0.1 }] // prettier-ignore
answers.explain = {
  method: 'exact TreeSHAP',
  about: '3 rows',
  unit: 'log-odds',
  importance,
  rows: [{ row: 4 }],
}
if (verb === 'fail') process.exit(3)
if (verb === 'predict') {
  writeFileSync(rest[rest.indexOf('--output') + 1], 'predicted_label\nyes\n')
} else if (verb === 'export') {
  const output = rest[rest.indexOf('--output') + 1]
  mkdirSync(output, { recursive: true })
  writeFileSync(join(output, 'model.onnx'), 'x')
  process.stdout.write(`wrote ${output}\n`)
} else {
  process.stdout.write(`${JSON.stringify(answers[verb])}\n`)
}
