import { appendFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import type { TrainingData } from '../../src/algorithms/algorithm.ts'
import { algorithms } from '../../src/algorithms/index.ts'
import { defaults } from '../../src/params/space.ts'
import { createTape, type Mark } from '../../src/util/clock-tape.ts'
import { pack } from '../../src/util/pack.ts'
import { glasspilot, temporaryFolder, writeTable } from '../helpers/cli.ts'
import { cases, note } from './soak.ts'
import { fitContext } from '../helpers/fit.ts'
import { toy } from '../helpers/toy.ts'

describe('a tape of the clock', () => {
  /** Adds up what it is told until told to stop. */
  const compute = (tape = createTape(), clock: (unit: number) => number = () => 1) => {
    const track = tape.track()
    const seen: number[] = []
    for (let unit = 0, value = 1; unit < 9 && value > 0; unit++)
      seen.push((value = track.follow(unit, value, () => clock(unit))))
    return seen
  }

  it('stays empty as long as the clock changes nothing', () => {
    const tape = createTape()
    compute(tape)
    expect(tape.marks).toEqual([])
  })

  it('repeats what the clock changed, without asking it', () => {
    const tape = createTape()
    const first = compute(tape, unit => (unit < 3 ? 1 : unit < 6 ? 2 : 0))
    expect(tape.marks).toEqual([[0, 3, 2], [0, 6, 0]]) // prettier-ignore
    const mute = () => expect.unreachable('the clock was asked')
    expect(compute(createTape(tape.marks), mute)).toEqual(first)
  })

  it('tells tracks apart by the order they are opened in', () => {
    const marks: Mark[] = [[0, 2, 5], [1, 1, 7]] // prettier-ignore
    const tape = createTape(marks)
    const [a, b] = [tape.track(), tape.track()]
    expect([a.next(0), b.next(0), b.next(1)]).toEqual([2, 1, Infinity])
    expect([a.follow(1, 4, () => 0), b.follow(1, 4, () => 0)]).toEqual([4, 7])
  })
})

describe('a fit that its deadline cut short', () => {
  const largest = { rows: 1200, features: 8, missing: 0 }
  const dataFor = (task: TrainingData['task']) => toy(task, largest)

  it.each(
    algorithms.flatMap(algorithm =>
      algorithm.tasks.slice(0, 1).map(task => ({ algorithm, task, name: algorithm.name })),
    ),
  )('gives the same bytes again, whatever the clock says then: $name', async ({ algorithm, task }) => {
    const data = dataFor(task)
    if (algorithm.unfit?.({ task, rows: 1200, features: 8, classes: data.classes })) return
    const params = defaults(algorithm.space)
    const tape = createTape()
    const cut = await algorithm.fit(data, params, fitContext({ tape, deadline: performance.now() + 40 }))
    const again = await algorithm.fit(data, params, fitContext({ tape: createTape(tape.marks) }))
    expect(Buffer.from(pack(again)).equals(Buffer.from(pack(cut)))).toBe(true)
  })

  it.each(['linear-learner', 'gbt-depthwise', 'mlp'])(
    'has on its tape where that was, also when it was late from the start: %s',
    async name => {
      const algorithm = algorithms.find(one => one.name === name)!
      const data = dataFor('binary')
      const params = defaults(algorithm.space)
      const tape = createTape()
      const cut = await algorithm.fit(data, params, fitContext({ tape, deadline: performance.now() }))
      expect(tape.marks).not.toEqual([])
      const again = await algorithm.fit(data, params, fitContext({ tape: createTape(tape.marks) }))
      expect(Buffer.from(pack(again)).equals(Buffer.from(pack(cut)))).toBe(true)
      const whole = await algorithm.fit(data, params, fitContext({}))
      expect(Buffer.from(pack(whole)).equals(Buffer.from(pack(cut)))).toBe(false)
    },
  )
})

describe('an experiment that its budget cut short', () => {
  const folder = temporaryFolder()
  const read = (output: string, file: string) => readFileSync(join(folder, output, file))
  const RESULTS = ['leaderboard.csv', 'model/model.onnx']
  let first: Buffer[]

  beforeAll(async () => {
    writeTable(join(folder, 'train.csv'), 'multiclass', 1500)
    const args = ['run', 'train.csv', '--target', 'y', '--budget', '5s', '--output', 'first', '--quiet']
    const { code, stderr } = await glasspilot(args, { cwd: folder })
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    first = RESULTS.map(file => read('first', file))
  })

  it('is repeated to the byte: the same trials in the same generations, the same leaderboard, the same model', async () => {
    const { code, stdout } = await glasspilot(
      ['run', '--replay', 'first', '--output', 'again', '--workers', '1', '--json', '--quiet'],
      { cwd: folder, env: { TZ: 'Pacific/Chatham' } },
    )
    expect(code).toBe(0)
    expect(JSON.parse(stdout).replay.same).toEqual({ leaderboard: true, model: true })
    expect(RESULTS.map(file => read('again', file).equals(first[RESULTS.indexOf(file)]!))).toEqual([
      true,
      true,
    ])
    const generations = (output: string) =>
      read(output, 'events.jsonl').toString().split('\n').filter(line => line.includes('"type":"generation"')) // prettier-ignore
    expect(generations('again')).toEqual(generations('first').slice(0, generations('again').length))
  })

  it('goes on with a replay that was killed, and says where it differs, with a status of its own', async () => {
    let killed = false
    await glasspilot(['run', '--replay', 'first', '--output', 'killed'], {
      cwd: folder,
      onStderr: (text, kill) => {
        if (killed || !/trial \d/.test(text)) return
        killed = true
        kill('SIGKILL')
      },
    })
    expect(killed).toBe(true)
    appendFileSync(join(folder, 'first/leaderboard.csv'), 'not what it was\n')
    const { code, stderr } = await glasspilot(['resume', 'killed', '--quiet'], { cwd: folder })
    expect(stderr).toMatch(/E_REPLAY_DIFFERS: leaderboard\.csv of the replay differ/)
    expect(code).toBe(3)
    expect(RESULTS.map(file => read('killed', file).equals(first[RESULTS.indexOf(file)]!))).toEqual([
      true,
      true,
    ])
  })

  it('refuses other data, and options that would decide otherwise', async () => {
    writeTable(join(folder, 'other.csv'), 'multiclass', 1500, 2)
    const data = await glasspilot(['run', 'other.csv', '--replay', 'first', '--output', 'x1'], {
      cwd: folder,
    })
    expect([data.code, data.stderr]).toEqual([65, expect.stringContaining('E_DATA_CHANGED')])
    const seed = await glasspilot(['run', '--replay', 'first', '--seed', '3', '--output', 'x2'], {
      cwd: folder,
    })
    expect([seed.code, seed.stderr]).toEqual([
      64,
      expect.stringContaining('--seed cannot stand beside --replay'),
    ])
  })
})

const ROUNDS = cases(0, 6)
describe.runIf(ROUNDS > 0)('experiments of all tasks under all budgets', () => {
  const folder = temporaryFolder()

  it(`are repeated to the byte, ${ROUNDS} of them`, async () => {
    const started = performance.now()
    let trials = 0
    for (let round = 0; round < ROUNDS; round++) {
      const task = (['binary', 'multiclass', 'regression'] as const)[round % 3]!
      writeTable(join(folder, `${round}.csv`), task, 1000 + 500 * round, round)
      const args = [
        'run',
        `${round}.csv`,
        '--target',
        'y',
        '--budget',
        `${8 + 6 * round}s`,
        '--output',
        `first${round}`,
      ]
      expect((await glasspilot([...args, '--quiet'], { cwd: folder })).code).toBe(0)
      const again = ['run', '--replay', `first${round}`, '--output', `again${round}`, '--json', '--quiet']
      const { code, stdout } = await glasspilot(again, { cwd: folder })
      expect({ round, code }).toEqual({ round, code: 0 })
      trials += (JSON.parse(stdout) as { trials: number }).trials
    }
    note({
      id: 'R21 replay',
      what: 'experiments that a budget cut short, repeated by --replay',
      cases: ROUNDS,
      result: `all ${trials} trials, leaderboards and models the same bytes`,
      seconds: (performance.now() - started) / 1000,
    })
  }, 3_600_000)
})
