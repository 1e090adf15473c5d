import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { readExperiment } from '../../src/experiment/store.ts'
import { createRng } from '../../src/util/rng.ts'
import { smallSpec } from './in-process.ts'
import { endsOf, goOn, runCli, runningTrials } from './runs.ts'
import { cases, isFull, leftAfter, note, progress, resultOf, soakSeed } from './soak.ts'

const KILLS = cases(2, 100)
const TRIALS = isFull ? 12 : 5
const ROWS = 400
const ORPHAN_MS = 2000
const rng = createRng(11 + soakSeed)

let root: string
let data: string
let candidates: string
let reference: string
let seconds: number
const beginIn = (folder: string) =>
  ['run', data, '--target', 'y', '--output', folder, '--max-candidates', String(TRIALS), '--workers', '2', '--candidates', candidates, '--quiet'] // prettier-ignore

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'kills-'))
  const spec = await smallSpec(root, ROWS)
  data = spec.data as string
  candidates = spec.candidates!
  reference = join(root, 'reference')
  const ended = await runCli(beginIn(reference), { cwd: root })
  expect(ended.stderr).toBe('')
  seconds = ended.seconds
})
afterAll(() => rmSync(root, { recursive: true, force: true }))

it('a run that is killed at any moment goes on to the same result, and does again only what was running', async () => {
  const started = performance.now()
  let [redone, kept, orphans, unbegun] = [0, 0, 0, 0]
  for (let i = 0; i < KILLS; i++) {
    const folder = join(root, `kill-${i}`)
    const ended = await runCli(beginIn(folder), {
      cwd: root,
      onSpawn: child => void setTimeout(() => child.kill('SIGKILL'), rng.next() * 1000 * seconds),
    })
    orphans += (await leftAfter(ORPHAN_MS, folder)).length
    const before = runningTrials(folder)
    if (ended.signal !== null && before.ended.size + before.running.size === 0) unbegun++
    const again = await goOn(folder, beginIn(folder), root)
    expect(again.code, again.stderr).toBe(0)
    expect(resultOf(folder), `kill ${i}`).toBe(resultOf(reference))
    for (const [id, ends] of endsOf(readExperiment(folder).records)) expect(ends, `trial ${id}`).toBe(1)
    redone += before.running.size
    kept += before.ended.size
    rmSync(folder, { recursive: true })
    progress(`${i}: ${before.ended.size} ended, ${before.running.size} running`)
  }
  expect(orphans).toBe(0)
  note({
    id: 'R11',
    what: `kill -9 of a run of ${TRIALS} trials at a random moment, then resume`,
    cases: KILLS,
    result: `${KILLS} resumed to the same leaderboard and model; ${kept} ended trials kept, ${redone} running ones done again, none twice; ${unbegun} killed before a trial; ${orphans} orphans after 2 s`,
    seconds: (performance.now() - started) / 1000,
  })
}, 3_600_000)
