import { spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { smallSpec } from './in-process.ts'
import { goOn, MAIN, runCli } from './runs.ts'
import { cases, note, progress, resultOf } from './soak.ts'

const STEP_KIB = 64
const SIZES = cases(2, 24)
const LIMITS = cases(1, 12)
/** Seconds for which a disk is full while trials run. */
const MOMENTS = [0.8, 0.1, 0.2, 0.4, 0.6, 1.2, 1.6, 2.4].slice(0, cases(1, 8))

/** A file system of our own needs a name space of our own. */
const canMount =
  spawnSync('unshare', ['-Urm', 'sh', '-c', 'mount -t tmpfs none /mnt && umount /mnt']).status === 0
const why = canMount ? '' : ' (skipped: this system gives no mount name space to a user)'

let root: string
let reference: string
let candidates: string
const beginIn = (folder: string) =>
  ['run', join(root, 'clouds.csv'), '--target', 'y', '--output', folder, '--max-candidates', '4', '--workers', '2', '--candidates', candidates, '--quiet'] // prettier-ignore

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'full-'))
  mkdirSync(join(root, 'plan-of'))
  const spec = await smallSpec(join(root, 'plan-of'))
  candidates = spec.candidates!
  copyFileSync(spec.data as string, join(root, 'clouds.csv'))
  reference = join(root, 'reference')
  expect(await runCli(beginIn(reference), { cwd: root })).toMatchObject({ code: 0, stderr: '' })
})
afterAll(() => rmSync(root, { recursive: true, force: true }))

const shell = (text: string): string => `'${text}'`
const cli = (args: readonly string[]): string => [process.execPath, MAIN, ...args].map(shell).join(' ')

/** KiB of files in a folder, in whole pages as a memory disk counts them. */
const sizeOf = (folder: string): number => {
  const [kib] = spawnSync('du', ['-sk', folder], { encoding: 'utf8' }).stdout.split('\t')
  return Number(kib)
}

/** One run on a disk of so many KiB; then the disk is made larger and the run goes on. */
function onSmallDisk(kib: number): { codes: number[]; stderr: string; result: string; left: string[] } {
  const disk = join(root, 'disk')
  const out = join(root, 'out')
  mkdirSync(disk, { recursive: true })
  rmSync(out, { recursive: true, force: true })
  const folder = join(disk, 'experiment')
  const script = [
    `mount -t tmpfs -o size=${kib}k none ${shell(disk)} || exit 99`,
    `${cli(beginIn(folder))} > /dev/null`,
    'echo "code $?"',
    `find ${shell(disk)} -name '.tmp-*' -printf 'left %p\\n'`,
    `mount -o remount,size=64m ${shell(disk)}`,
    `if [ -e ${shell(join(folder, 'experiment.json'))} ]; then ${cli(['resume', folder, '--quiet'])} > /dev/null; else ${cli(beginIn(folder))} > /dev/null; fi`,
    'echo "code $?"',
    `cp -r ${shell(folder)} ${shell(out)}`,
  ].join('\n')
  const { stdout, stderr } = spawnSync('unshare', ['-Urm', 'sh', '-c', script], {
    encoding: 'utf8',
    env: { ...process.env, GLASSPILOT_DATASETS: '', NO_COLOR: '1' },
  })
  const lines = stdout.split('\n')
  return {
    codes: lines.flatMap(line => (line.startsWith('code ') ? [Number(line.slice(5))] : [])),
    left: lines.filter(line => line.startsWith('left ')),
    stderr,
    result: existsSync(out) ? resultOf(out) : 'nothing',
  }
}

/** One run whose disk is filled by somebody else once its first trial has ended, and emptied again; then it goes on. */
function fullForAMoment(seconds: number): { codes: number[]; stderr: string; result: string } {
  const disk = join(root, 'disk')
  const out = join(root, 'out')
  mkdirSync(disk, { recursive: true })
  rmSync(out, { recursive: true, force: true })
  const folder = join(disk, 'experiment')
  const ballast = join(disk, 'ballast')
  const script = [
    `mount -t tmpfs -o size=64m none ${shell(disk)} || exit 99`,
    `${cli(beginIn(folder))} > /dev/null &`,
    'run=$!',
    `until grep -qs '"type":"trial"' ${shell(join(folder, 'events.jsonl'))} || ! kill -0 $run; do sleep 0.01; done 2> /dev/null`,
    `head -c 128m /dev/zero > ${shell(ballast)} 2> /dev/null`,
    `sleep ${seconds}`,
    `rm -f ${shell(ballast)}`,
    'wait $run',
    'echo "code $?"',
    `${cli(['resume', folder, '--quiet'])} > /dev/null`,
    'echo "code $?"',
    `cp -r ${shell(folder)} ${shell(out)}`,
  ].join('\n')
  const { stdout, stderr } = spawnSync('unshare', ['-Urm', 'sh', '-c', script], {
    encoding: 'utf8',
    env: { ...process.env, GLASSPILOT_DATASETS: '', NO_COLOR: '1' },
  })
  const codes = stdout.split('\n').flatMap(line => (line.startsWith('code ') ? [Number(line.slice(5))] : []))
  return { codes, stderr, result: existsSync(out) ? resultOf(out) : 'nothing' }
}

describe(`a full disk${why}`, () => {
  it.skipIf(!canMount)(
    'ends the run with status 74, a path and a size, and when there is room it goes on to the same result',
    () => {
      const started = performance.now()
      const need = sizeOf(reference)
      const ends = new Map<number, number>()
      for (let i = 0; i < SIZES; i++) {
        const kib = STEP_KIB * Math.max(1, Math.floor(((i + 0.5) / SIZES) * (need / STEP_KIB)))
        const { codes, stderr, result, left } = onSmallDisk(kib)
        progress(`full ${kib} KiB of ${need}: ${codes.join(', ')} ${stderr.trim()}`)
        expect([73, 74], `${kib} KiB of ${need}: ${stderr}`).toContain(codes[0])
        expect(stderr.trim()).toMatch(
          codes[0] === 74
            ? /^glasspilot: E_IO: \/.* cannot be written \(ENOSPC.*\): expected room for \d+ bytes [^\n]*$/
            : /^glasspilot: E_CANNOT_CREATE: [^\n]*$/,
        )
        expect(left).toEqual([])
        expect(codes[1], stderr).toBe(0)
        expect(result, `${kib} KiB`).toBe(resultOf(reference))
        ends.set(codes[0]!, (ends.get(codes[0]!) ?? 0) + 1)
      }
      note({
        id: 'R16',
        what: `disk full (memory disk of ${STEP_KIB} KiB to ${need} KiB), then room and resume`,
        cases: SIZES,
        result: `all with status ${[...ends.keys()].join(' or ')}, path and bytes; no file left half; all to the same result`,
        seconds: (performance.now() - started) / 1000,
      })
    },
    3_600_000,
  )

  it.skipIf(!canMount)(
    'for a moment in the middle of a run ends it, or passes unseen, and nothing is lost',
    () => {
      const started = performance.now()
      const ends = new Map<number, number>()
      for (const held of MOMENTS) {
        const { codes, stderr, result } = fullForAMoment(held)
        progress(`full for ${held} s: ${codes.join(', ')} ${stderr.trim()}`)
        expect([0, 74], stderr).toContain(codes[0])
        expect(stderr.trim()).toMatch(codes[0] === 0 ? /^$/ : /^glasspilot: E_IO: \/.* \(ENOSPC[^\n]*$/)
        expect(codes[1], stderr).toBe(0)
        expect(result).toBe(resultOf(reference))
        ends.set(codes[0]!, (ends.get(codes[0]!) ?? 0) + 1)
      }
      note({
        id: 'R16',
        what: 'disk full for a moment while trials run, with room again before the run has ended',
        cases: MOMENTS.length,
        result: `${ends.get(74) ?? 0} ended with status 74 and went on, ${ends.get(0) ?? 0} wrote nothing in that moment; all to the same result`,
        seconds: (performance.now() - started) / 1000,
      })
    },
  )

  it.skipIf(!canMount)('a place that cannot be written is refused before anything is read', () => {
    const disk = join(root, 'disk')
    mkdirSync(disk, { recursive: true })
    const script = `mount -t tmpfs -o ro none ${shell(disk)} && ${cli(beginIn(join(disk, 'experiment')))}`
    const { status, stderr } = spawnSync('unshare', ['-Urm', 'sh', '-c', script], { encoding: 'utf8' })
    expect(stderr).toMatch(/^glasspilot: E_CANNOT_CREATE: .*EROFS[^\n]*\n$/)
    expect(status).toBe(73)
  })
})

describe('a file that may not grow', () => {
  it('ends the run with status 74, also when it is a file of a trial, and it goes on without the limit', async () => {
    const started = performance.now()
    const largest = Math.max(
      ...readdirSync(reference, { recursive: true, encoding: 'utf8' })
        .filter(name => /\.(bin|onnx|ipynb)$/.test(name))
        .map(name => readFileSync(join(reference, name)).length),
    )
    for (let i = 0; i < LIMITS; i++) {
      const kib = Math.max(1, Math.floor(((i + 0.5) / LIMITS) * (largest / 1024)))
      const folder = join(root, `limit-${i}`)
      // In bash the unit is 1024 bytes.
      const under = ['bash', '-c', `ulimit -f ${kib}; exec "$@"`, 'bash']
      const ended = await runCli(beginIn(folder), { cwd: root, under })
      progress(`limit ${kib} KiB: ${ended.code} ${ended.stderr.trim()}`)
      expect(ended.code, ended.stderr).toBe(74)
      expect(ended.stderr.trim()).toMatch(/^glasspilot: E_IO: \/.*EFBIG[^\n]*$/)
      expect(await goOn(folder, beginIn(folder), root)).toMatchObject({ code: 0, stderr: '' })
      expect(resultOf(folder)).toBe(resultOf(reference))
      rmSync(folder, { recursive: true })
    }
    note({
      id: 'R16',
      what: 'largest file limited (ulimit -f), then resume without',
      cases: LIMITS,
      result: 'all with status 74; all to the same result',
      seconds: (performance.now() - started) / 1000,
    })
  }, 3_600_000)

  it('a log that is full ends the run with status 74, and it goes on', async () => {
    const folder = join(root, 'log')
    const args = beginIn(folder).filter(arg => arg !== '--quiet')
    const ended = await runCli(args, {
      cwd: root,
      under: ['sh', '-c', 'exec "$@" > /dev/full 2> /dev/full', 'sh'],
    })
    expect(ended.code).toBe(74)
    expect(await goOn(folder, beginIn(folder), root)).toMatchObject({ code: 0, stderr: '' })
    expect(resultOf(folder)).toBe(resultOf(reference))
  })
})

it('a folder that is taken away ends the run with status 74 and one sentence', async () => {
  const folder = join(root, 'gone')
  // More trials than it can have ended before.
  const args = beginIn(folder).map(arg => (arg === '4' ? '60' : arg))
  const ended = await runCli(args, {
    cwd: root,
    onSpawn: () => {
      const watch = setInterval(() => {
        if (!existsSync(join(folder, 'trials'))) return
        try {
          rmSync(folder, { recursive: true, force: true })
          clearInterval(watch)
        } catch {
          // The run has just made another file in it: once more.
        }
      }, 5)
    },
  })
  expect(ended.code, ended.stderr).toBe(74)
  expect(ended.stderr).toMatch(/^glasspilot: E_IO: [^\n]*\n$/)
})
