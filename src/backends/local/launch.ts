import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync } from 'node:fs'
import { platform } from 'node:os'
import { delimiter, join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { ENGINE_VARIABLE } from '../../neural/engine.ts'
import { DEVICE_VARIABLE } from '../../onnx/device.ts'

/** Kept from the parent's environment; credentials and the rest stay out of workers. */
const ENVIRONMENT = [
  'PATH',
  'HOME',
  'TMPDIR',
  'LANG',
  'LC_ALL',
  'TZ',
  'SystemRoot',
  'LD_LIBRARY_PATH',
  DEVICE_VARIABLE,
  ENGINE_VARIABLE,
  'VK_ICD_FILENAMES', // which driver WebGPU takes
  'XDG_RUNTIME_DIR',
]

/** Share of a worker's memory that JavaScript objects may take; the rest is for typed arrays and native code. */
const HEAP_SHARE = 0.75
/** A process of Node has mapped, but not touched, about so much. */
const UNTOUCHED_BYTES = 64e6

/** The compiled worker, also when the sources are run by a test runner. */
export const workerEntry = (): string =>
  fileURLToPath(new URL('./worker.js', import.meta.url)).replace(/([\\/])src([\\/]backends)/, '$1dist$2')

export interface WorkerPlace {
  /** Module that a worker runs. */
  readonly entry: string
  /** The experiment's folder. */
  readonly folder: string
}

/**
 * Starts a worker that the system itself holds to its memory (`ulimit -d`, which typed arrays and native code obey too) and ends
 * when this process dies however it dies (`setpriv --pdeathsig`); where the system cannot, the worker looks after that itself.
 * Commands go to its stdin, answers come from descriptor 3.
 */
export function startWorker({ entry, folder }: WorkerPlace, limitBytes: number): ChildProcess {
  // A process that is hardened has hardened workers.
  const hardened = process.execArgv.filter(flag => flag.startsWith('--disable-proto'))
  const node = [
    process.execPath,
    ...hardened,
    `--max-old-space-size=${Math.floor((limitBytes * HEAP_SHARE) / 1e6)}`,
  ]
  const setpriv = onPath('setpriv')
  const bound = setpriv !== undefined
  const own = [...node, entry, folder, String(process.pid), bound ? 'bound' : 'unbound']
  const kibibytes = Math.floor((limitBytes + UNTOUCHED_BYTES) / 1024)
  // Drivers of graphics processors map far more than they touch: there the watchdog alone must do.
  const device = process.env[DEVICE_VARIABLE] ?? 'cpu'
  const canFence = platform() === 'linux' && existsSync('/bin/sh')
  const command = canFence
    ? [
        '/bin/sh',
        '-c',
        'ulimit -d "$1" 2>/dev/null; shift; exec "$@"',
        'worker',
        device === 'cpu' ? String(kibibytes) : 'unlimited',
        ...(bound ? [setpriv, '--pdeathsig', 'KILL', '--'] : []),
        ...own,
      ]
    : own
  return spawn(command[0]!, command.slice(1), {
    env: allowed(process.env),
    stdio: ['pipe', 'ignore', 'pipe', 'pipe'],
    // A group of its own: Ctrl-C is for this process to interpret.
    detached: true,
  })
}

/** Without a prototype: the variables of a child process are what `for … in` finds, also on a polluted one. */
function allowed(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const kept = Object.create(null) as NodeJS.ProcessEnv
  for (const name of ENVIRONMENT) if (env[name] !== undefined) kept[name] = env[name]
  return kept
}

const found = new Map<string, string | undefined>()

function onPath(program: string): string | undefined {
  if (platform() !== 'linux') return undefined
  if (!found.has(program)) {
    const folders = (process.env['PATH'] ?? '').split(delimiter).filter(folder => folder !== '')
    found.set(
      program,
      folders.map(folder => join(folder, program)).find(path => existsSync(path)),
    )
  }
  return found.get(program)
}
