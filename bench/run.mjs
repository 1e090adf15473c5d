// Compiles the benches (Node 20 runs no TypeScript) and runs one: node bench/run.mjs trees --quick
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync } from 'node:fs'

const [name, ...rest] = process.argv.slice(2)
if (!name || !existsSync(`bench/${name}.ts`)) {
  process.stderr.write(`no bench "${name ?? ''}": expected the name of a file in bench/\n`)
  process.exit(64)
}
const run = (file, args) => {
  const { status } = spawnSync(process.execPath, [file, ...args], { stdio: 'inherit' })
  if (status !== 0) process.exit(status ?? 70)
}
run('node_modules/typescript/bin/tsc', ['-p', 'bench/tsconfig.json'])
cpSync('src/kernels/build', '.bench/src/kernels/build', { recursive: true })
run(`.bench/bench/${name}.js`, rest)
