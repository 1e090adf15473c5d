import { spawnSync } from 'node:child_process'

const PYTHON = process.env.GLASSPILOT_PYTHON ?? 'python3'

/** Whether a Python with these modules is at hand; GLASSPILOT_PYTHON names another than python3. */
export function hasPython(...modules: readonly string[]): boolean {
  return spawnSync(PYTHON, ['-c', ['pass', ...modules.map(name => `import ${name}`)].join('\n')]).status === 0
}

/** Runs a Python program over JSON on its standard input and returns the JSON it prints. */
export function python(program: string, input: unknown): unknown {
  const done = spawnSync(PYTHON, ['-c', program], {
    input: JSON.stringify(input),
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    env: { ...process.env, PYTHONIOENCODING: 'utf-8' },
  })
  if (done.status !== 0) throw new Error(done.stderr)
  return JSON.parse(done.stdout) as unknown
}
