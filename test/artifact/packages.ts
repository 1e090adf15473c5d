import { spawn } from 'node:child_process'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { exportFormats, exportModel } from '../../src/artifact/export/index.ts'
import { glasspilot, type Finished } from '../helpers/cli.ts'
import { createRng } from '../../src/util/rng.ts'

const MODULES = resolve(import.meta.dirname, '../../node_modules')

/** A table as a European office writes it: semicolons, decimal commas, day first, `NA`, quotes, free text, a target. */
export function writeOffice(path: string, rows: number, task: 'binary' | 'regression', seed = 1): void {
  const rng = createRng(seed)
  const pick = (from: readonly string[]) => from[rng.int(from.length)]!
  const cell = (text: string) => (/[;"\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)
  const lines = ['when;price;city;note;tiny;y']
  for (let row = 0; row < rows; row++) {
    const price = 1 + 2500 * rng.next()
    const city = pick(['Köln', 'Paris; FR', 'a "b" c', 'NA', 'Rome'])
    const [day, month, year, hour] = [1 + rng.int(28), 1 + rng.int(12), 2015 + rng.int(9), rng.int(24)]
    const words = Array.from({ length: 8 }, () =>
      pick(['late', 'soon', 'never', 'please; call', 'two\nlines']),
    )
    const signal = (price > 900 ? 1 : 0) + (city === 'Rome' ? 1 : 0) + 0.4 * rng.normal()
    lines.push(
      [
        `${day}.${month}.${year} ${String(hour).padStart(2, '0')}:30`,
        rng.next() < 0.1 ? '' : german(price),
        city,
        words.join(' '),
        (1e-8 * rng.normal()).toExponential(3),
        task === 'regression' ? (1e-7 * signal).toExponential(4) : signal > 0.8 ? 'ja' : 'nein',
      ]
        .map(cell)
        .join(';'),
    )
  }
  writeFileSync(path, `${lines.join('\n')}\n`)
}

const german = (value: number): string =>
  value
    .toFixed(2)
    .replace('.', ',')
    .replace(/\B(?=(\d{3})+,)/g, '.')

/** Writes the model in a format; the package finds onnxruntime-node, and nothing else, as if it were installed in it. */
export async function exported(cwd: string, name: string): Promise<void> {
  const format = exportFormats.find(format => format.name === name)!
  await exportModel(join(cwd, 'experiment/model'), format, join(cwd, name))
  if (name !== 'node' && name !== 'docker') return
  mkdirSync(join(cwd, name, 'node_modules'))
  symlinkSync(join(MODULES, 'onnxruntime-node'), join(cwd, name, 'node_modules/onnxruntime-node'))
}

export async function trained(
  cwd: string,
  table: string,
  candidates: number,
  datasets = '',
  more: readonly string[] = [],
): Promise<void> {
  const target = datasets === '' ? ['--target', 'y'] : []
  const limits = ['--max-candidates', String(candidates), '--output', 'experiment', '--quiet']
  const { code, stderr } = await glasspilot(['run', table, ...target, ...limits, ...more], {
    cwd,
    env: { GLASSPILOT_DATASETS: datasets },
  })
  if (code !== 0) throw new Error(stderr)
}

export function execute(program: string, args: readonly string[], cwd: string): Promise<Finished> {
  return new Promise((done, failed) => {
    const child = spawn(program, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] })
    const out: Buffer[] = []
    const err: Buffer[] = []
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk))
    child.stderr.on('data', (chunk: Buffer) => err.push(chunk))
    child.on('error', failed)
    child.on('close', code =>
      done({ code, stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString() }),
    )
  })
}
