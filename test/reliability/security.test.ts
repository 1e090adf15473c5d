import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join, relative, resolve, sep } from 'node:path'
import process from 'node:process'
import { gzipSync } from 'node:zlib'
import { beforeAll, describe, expect, it } from 'vitest'
import { Places } from '../../src/api/places.ts'
import { packTarGz, unpackTarGz } from '../../src/util/tar.ts'
import { parseExperimentName } from '../../src/cli/names.ts'
import { spreadsheetSafe } from '../../src/util/spreadsheet.ts'
import { createRng } from '../../src/util/rng.ts'
import { glasspilot, temporaryFolder } from '../helpers/cli.ts'
import { note } from './soak.ts'

const MAIN = resolve(import.meta.dirname, '../../dist/cli/main.js')

/** Ways of writing a path that leads elsewhere: 21 places in 10 writings. */
function payloads(): string[] {
  const places = [
    '../etc/passwd', '../../etc/passwd', '/etc/passwd', '..', '.', './x', 'a/../../b', 'a/..', '....//etc', '..;/etc', '~/x',
    'C:\\Windows', '\\\\host\\share', 'file:///etc/passwd', '/proc/self/environ', 'con', 'NUL', 'com1', 'a\0b', 'x'.repeat(300), '',
  ] // prettier-ignore
  const writings: ((text: string) => string)[] = [
    text => text,
    text => encodeURIComponent(text),
    text => encodeURIComponent(encodeURIComponent(text)),
    text => text.replaceAll('/', '\\'),
    text => text.replaceAll('.', '%c0%ae'),
    text => text.replaceAll('/', '∕'),
    text => `${text}?download=1`,
    text => `${text}#part`,
    text => ` ${text}`,
    text => text.replaceAll('..', '..%00'),
  ]
  return places.flatMap(place => writings.map(write => write(place)))
}

describe('names and places', () => {
  it('refuse every way of leading elsewhere', () => {
    const all = payloads()
    expect(all.length).toBeGreaterThanOrEqual(200)
    const accepted = all.filter(text => {
      try {
        parseExperimentName(text)
        return true
      } catch (error) {
        expect(error).toHaveProperty('code', 'E_BAD_NAME')
        return false
      }
    })
    expect(accepted).toEqual([])
    note({
      id: 'R25',
      what: 'names and keys that lead elsewhere',
      cases: 4 * all.length,
      result: 'none leads there',
      seconds: 0,
    })
  })

  it('keep every key of a bucket in the folder of the buckets, also through links', () => {
    const folder = temporaryFolder()
    const places = new Places(join(folder, 'root'))
    mkdirSync(join(folder, 'root/bucket'), { recursive: true })
    symlinkSync('/etc', join(folder, 'root/bucket/link'))
    const root = places.root + sep
    for (const text of payloads()) {
      for (const uri of [`s3://bucket/${text}`, `s3://${text}/key`, `s3://bucket/a/${text}`]) {
        let path: string
        try {
          path = places.path(uri)
        } catch {
          continue
        }
        expect(resolve(path).startsWith(root)).toBe(true)
      }
    }
    expect(() => places.path('s3://bucket/link/passwd')).toThrow('leads out of')
  })
})

describe('archives', () => {
  const header = (name: string, type: string, size = 0, link = '') => {
    const block = Buffer.from(packTarBlock(name, size))
    block.write(type, 156, 'latin1')
    block.write(link, 157, 100, 'latin1')
    return block
  }
  /** The first block of an archive with one file of this name. */
  function packTarBlock(name: string, size: number): Uint8Array {
    const block = Buffer.alloc(512)
    block.write(name, 0, 100)
    block.write(`${size.toString(8).padStart(11, '0')}\0`, 124)
    return block
  }
  const isModel = (name: string) => name === 'model.onnx'

  it('give nothing but plain files of the names that are expected', () => {
    const body = Buffer.alloc(512, 'x')
    const hostile = [
      header('../model.onnx', '0', 512), body,
      header('/model.onnx', '0', 512), body,
      header('model.onnx', '1', 0, '/etc/passwd'), // hard link
      header('model.onnx', '2', 0, '/etc/passwd'), // symbolic link
      header('model.onnx', '3'), // device
      header('model.onnx', '5'), // folder
      header('model.onnx', '6'), // pipe
      header('other', '0', 512), body,
    ] // prettier-ignore
    expect(unpackTarGz(gzipSync(Buffer.concat([...hostile, Buffer.alloc(1024)])), isModel).size).toBe(0)
    const good = packTarGz([{ name: 'model.onnx', bytes: Buffer.from('good') }])
    expect(unpackTarGz(good, isModel).get('model.onnx')!.toString()).toBe('good')
  })

  it('are refused when a file comes twice, is longer than the archive, or the gzip data is spoilt', () => {
    const body = Buffer.alloc(512, 'x')
    const twice = [header('model.onnx', '0', 512), body, header('model.onnx', '0', 512), body]
    for (const bytes of [
      gzipSync(Buffer.concat(twice)),
      gzipSync(Buffer.concat([header('model.onnx', '0', 1e9), body])),
      Buffer.from('no gzip at all'),
    ])
      expect(() => unpackTarGz(bytes, isModel)).toThrow('the archive cannot be read')
  })
})

describe('cells for spreadsheets', () => {
  it.each([
    ['=1+1', "'=1+1"], ['+A1', "'+A1"], ['-2+3', "'-2+3"], ['@SUM(A1)', "'@SUM(A1)"], ['\t=1', "'\t=1"], ['\r=1', "'\r=1"],
    ['\n=1', "'\n=1"], ['\0=1', "'\0=1"], ['＝1+1', "'＝1+1"], ['＠x', "'＠x"], ['-5', '-5'], ['+3.25e-7', '+3.25e-7'], ['5', '5'],
    ['a=b', 'a=b'], ['', ''],
  ])('%j becomes %j', (cell, safe) => expect(spreadsheetSafe(cell)).toBe(safe)) // prettier-ignore
})

describe.skipIf(process.platform !== 'linux')('an experiment among enemies (needs Linux)', () => {
  const folder = temporaryFolder()
  const out = join(folder, 'out')
  const CANARY = 'CANARY-7f3a9c'
  const canaries = {
    AWS_ACCESS_KEY_ID: `AKIA${CANARY}`,
    AWS_SECRET_ACCESS_KEY: `secret-${CANARY}`,
    AWS_SESSION_TOKEN: `token-${CANARY}`,
    REDIS_URL: `redis://user:${CANARY}@localhost`,
    GITHUB_TOKEN: `ghp_${CANARY}`,
    NPM_TOKEN: `npm_${CANARY}`,
    HTTPS_PROXY: `http://me:${CANARY}@proxy:3128`,
    DATABASE_PASSWORD: CANARY,
    GLASSPILOT_DEBUG: '1',
  }
  const canIsolate = spawnSync('unshare', ['-Urn', 'true']).status === 0
  const ended = { code: null as number | null, text: '' }
  const environments = new Set<string>()

  beforeAll(async () => {
    const rng = createRng(4)
    const names = ['__proto__', 'constructor', 'toString', '2', '1', '=cmd()', 'y']
    const rows = Array.from({ length: 120 }, () => {
      const [a, b] = [rng.normal(), rng.normal()]
      const label = a + b > 0 ? '__proto__' : '=HYPERLINK("http://x")'
      return [a, b, rng.int(3), rng.normal(), rng.int(9), a * b, `"${label.replaceAll('"', '""')}"`]
    })
    writeFileSync(
      join(folder, 'train.csv'),
      `${names.join(',')}\n${rows.map(row => row.join(',')).join('\n')}\n`,
    )
    const run = [process.execPath, '--disable-proto=throw', MAIN, 'run', 'train.csv', '--target', 'y', '--max-candidates', '5', '--output', 'out'] // prettier-ignore
    // Without any network where the system can do that, and with nothing masked from what files may be.
    const command = ['sh', '-c', 'umask 0; exec "$@"', 'sh', ...run]
    const [program, ...args] = canIsolate ? ['unshare', '-Urn', ...command] : command
    await new Promise<void>(done => {
      const child = spawn(program!, args, {
        cwd: folder,
        env: { PATH: process.env['PATH'], HOME: folder, ...canaries },
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      for (const stream of [child.stdout, child.stderr])
        stream.on('data', (chunk: Buffer) => {
          ended.text += chunk.toString()
          for (const environment of workerEnvironments()) environments.add(environment)
        })
      child.on('close', code => {
        ended.code = code
        done()
      })
    })
  })

  const workerEnvironments = (): string[] =>
    readdirSync('/proc')
      .filter(pid => /^\d+$/.test(pid))
      .flatMap(pid => {
        try {
          const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8')
          return command.includes('worker.js') && command.includes(out)
            ? [readFileSync(`/proc/${pid}/environ`, 'utf8')]
            : []
        } catch {
          return []
        }
      })

  const everyFile = (place: string): string[] =>
    readdirSync(place, { withFileTypes: true }).flatMap(entry =>
      entry.isDirectory() ? everyFile(join(place, entry.name)) : [join(place, entry.name)],
    )

  it('ends well without any network, with columns and classes named as parts of every object', () => {
    if (ended.code !== 0) process.stderr.write(ended.text)
    expect(ended.code).toBe(0)
    const board = readFileSync(join(out, 'leaderboard.csv'), 'utf8')
    expect(board).not.toMatch(/FAILED|CRASHED/)
    expect(board.match(/COMPLETE/g)!.length).toBeGreaterThanOrEqual(5)
  })

  it('tells no secret of its environment: not to workers, not in a file, not on a terminal', () => {
    expect(ended.text).not.toContain(CANARY)
    for (const file of everyFile(out))
      expect(readFileSync(file).includes(CANARY), relative(out, file)).toBe(false)
    expect(environments.size).toBeGreaterThan(0)
    note({
      id: 'R25',
      what: `secrets planted in the environment, in every file, line and worker${canIsolate ? '; no network' : ''}`,
      cases: Object.keys(canaries).length,
      result: 'none found',
      seconds: 0,
    })
    for (const environment of environments)
      expect(environment).not.toMatch(/CANARY|AWS_|TOKEN|PASSWORD|PROXY/)
  })

  it('tells no secret that a metric of one’s own throws at it: not in the journal, not in a result, not on a terminal', async () => {
    const SHAPED = 'CANARY-by-shape-2b7d11' // in no variable: known by what stands around it
    const secrets = new RegExp(`${CANARY}|${SHAPED}`)
    writeFileSync(
      join(folder, 'metric.mjs'),
      `export const score = () => {
        throw new Error('cannot log in at postgres://me:${SHAPED}@db with {"password":"${SHAPED}"}; api_key=${SHAPED}; ' +
          'authorization: Bearer ${SHAPED}; GET https://b/k?X-Amz-Signature=${SHAPED}&x=1; ' + process.env['DATABASE_PASSWORD'])
      }`,
    )
    const args = [
      'run',
      'train.csv',
      '--target',
      'y',
      '--objective',
      'metric.mjs',
      '--max-candidates',
      '2',
      '--output',
      'told',
    ]
    const run = await glasspilot(args, { cwd: folder, env: canaries })
    const told = run.stdout + run.stderr
    expect(told).toContain('cannot log in')
    expect(told).not.toMatch(secrets)
    const files = everyFile(join(folder, 'told'))
    for (const file of files)
      expect(readFileSync(file, 'latin1'), relative(folder, file)).not.toMatch(secrets)
    const journal = readFileSync(join(folder, 'told/events.jsonl'), 'utf8')
    expect(journal).toContain('cannot log in at postgres://[redacted]@db')
  })

  it('makes files for its owner alone, whatever the mask', () => {
    const open = everyFile(out).filter(file => (statSync(file).mode & 0o777) !== 0o600)
    expect(open.map(file => relative(out, file))).toEqual([])
    const folders = [out, ...everyFile(out).map(file => join(file, '..'))]
    expect(folders.filter(place => (statSync(place).mode & 0o777) !== 0o700)).toEqual([])
  })

  it('predicts labels as they are, and harmless for spreadsheets when asked', async () => {
    const ask = async (...more: string[]) =>
      (await glasspilot(['predict', 'out', 'train.csv', ...more], { cwd: folder })).stdout
    const [plain, safe] = [await ask(), await ask('--excel-safe')]
    expect(plain).toMatch(/^"=HYPERLINK/m)
    expect(safe).not.toMatch(/^"?=/m)
    expect(safe).toMatch(/^"'=HYPERLINK/m)
  })
})
