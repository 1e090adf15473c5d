import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import process from 'node:process'
import { beforeAll, describe, expect, it } from 'vitest'
import { createRng } from '../../src/util/rng.ts'
import { temporaryFolder } from '../helpers/cli.ts'
import { hashOf, note, resultOf } from './soak.ts'

const MAIN = resolve(import.meta.dirname, '../../dist/cli/main.js')
const LOADED = join(import.meta.dirname, 'parts/prototypes.mjs')

describe('an experiment whose prototypes are not as usual, in the main process and in every worker', () => {
  const folder = temporaryFolder()

  /** The command line with the prototypes of objects and arrays changed before it is loaded. */
  const run = (how: string | undefined, args: readonly string[]) =>
    new Promise<{ code: number | null; stderr: string }>(done => {
      const child = spawn(process.execPath, ['--import', LOADED, MAIN, ...args], {
        cwd: folder,
        env: {
          PATH: process.env['PATH'],
          NO_COLOR: '1',
          GLASSPILOT_DEBUG: '1',
          ...(how !== undefined && { PROTOTYPES: how }),
        },
        stdio: ['ignore', 'ignore', 'pipe'],
      })
      let stderr = ''
      child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
      child.on('close', code => done({ code, stderr }))
    })
  const options = (output: string) =>
    ['run', 'train.csv', '--target', 'y', '--name', 'same', '--max-candidates', '6', '--output', output, '--quiet'] // prettier-ignore

  beforeAll(async () => {
    const rng = createRng(4)
    // Names of which a plain object with a frozen prototype takes none by assignment.
    const names = ['__proto__', 'constructor', 'toString', 'valueOf', 'hasOwnProperty', 'y']
    const rows = Array.from({ length: 120 }, () => {
      const [a, b] = [rng.normal(), rng.normal()]
      return [a, b, ['constructor', 'toString', 'length'][rng.int(3)], rng.normal(), rng.int(9), a + b > 0 ? '__proto__' : 'constructor'] // prettier-ignore
    })
    writeFileSync(join(folder, 'train.csv'), `${names.join(',')}\n${rows.map(row => row.join(',')).join('\n')}\n`) // prettier-ignore
    expect(await run(undefined, options('usual'))).toEqual({ code: 0, stderr: '' })
  })

  it.each(['frozen', 'polluted'])('comes to the same leaderboard, model and notebooks: %s', async how => {
    const started = performance.now()
    expect(await run(how, options(how))).toEqual({ code: 0, stderr: '' })
    expect(resultOf(join(folder, how))).toBe(resultOf(join(folder, 'usual')))
    expect(hashOf(join(folder, how, 'leaderboard.csv'))).not.toBe('missing')
    expect(await run(how, ['report', how, '--fast', '--quiet'])).toEqual({ code: 0, stderr: '' })
    note({
      id: 'R25',
      what: `prototypes of objects and arrays ${how}, in the main process and in every worker`,
      cases: 1,
      result: 'the same leaderboard and model',
      seconds: (performance.now() - started) / 1000,
    })
  })
})
