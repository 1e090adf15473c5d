import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** The Deno to run TypeScript notebooks with: GLASSPILOT_DENO, the one of GLASSPILOT_PYTHON's packages, or the one on the path. */
export function findDeno(): string | undefined {
  const given = process.env['GLASSPILOT_DENO']
  if (given) return existsSync(given) ? given : undefined
  const python = process.env['GLASSPILOT_PYTHON']
  const beside = python && ['deno', 'deno.exe'].map(file => join(dirname(python), file)).find(existsSync)
  if (beside) return beside
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
