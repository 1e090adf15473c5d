import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

const ROOT = resolve(import.meta.dirname, '../..')

/** The Deno to run TypeScript notebooks with: GLASSPILOT_DENO, the npm package `deno`, or the one on the path. */
export function findDeno(): string | undefined {
  const given = process.env['GLASSPILOT_DENO']
  if (given) return existsSync(given) ? given : undefined
  const platforms = join(ROOT, 'node_modules/@deno')
  const bundled = (existsSync(platforms) ? readdirSync(platforms) : [])
    .flatMap(name => ['deno', 'deno.exe'].map(file => join(platforms, name, file)))
    .find(file => existsSync(file))
  if (bundled) return bundled
  return spawnSync('deno', ['--version']).status === 0 ? 'deno' : undefined
}

/** A folder for JUPYTER_PATH that knows Deno's kernel. */
export function denoKernel(folder: string, deno: string): string {
  const kernel = join(folder, 'kernels', 'deno')
  mkdirSync(kernel, { recursive: true })
  const argv = [deno, 'jupyter', '--kernel', '--conn', '{connection_file}']
  writeFileSync(
    join(kernel, 'kernel.json'),
    JSON.stringify({ argv, display_name: 'Deno', language: 'typescript' }),
  )
  return folder
}
