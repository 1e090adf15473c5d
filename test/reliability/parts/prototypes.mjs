// Loaded before the program and each of its workers: freezes the prototypes of all objects and arrays (PROTOTYPES=frozen), or puts
// something on them that throws when Glasspilot, or Node for it, reads it in walking over an object (PROTOTYPES=polluted).
import { createRequire, syncBuiltinESMExports } from 'node:module'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

const how = process.env.PROTOTYPES ?? process.argv.find(arg => arg.startsWith('prototypes='))?.slice(11)

// Workers get an environment of their own: what is to be loaded stands before their file, how at the end.
const children = createRequire(import.meta.url)('node:child_process')
const { spawn } = children
children.spawn = (program, args, ...rest) => {
  const at = args.findIndex(arg => arg.endsWith('worker.js'))
  const loaded = ['--import', fileURLToPath(import.meta.url)]
  const all = at < 0 ? args : [...args.slice(0, at), ...loaded, ...args.slice(at), `prototypes=${how}`]
  return spawn(program, all, ...rest)
}
syncBuiltinESMExports()

if (how !== undefined) {
  // Once everything is loaded, as data that pollute would: libraries define properties while they are loaded.
  await import('../../../dist/backends/local/trials.js')
  await import('../../../dist/index.js')
  const { loadCommands } = await import('../../../dist/cli/commands.js')
  await loadCommands()
}
if (how === 'frozen') for (const { prototype } of [Object, Array]) Object.freeze(prototype)
if (how === 'polluted') {
  for (const { prototype } of [Object, Array]) {
    Object.defineProperty(prototype, 'isAdmin', {
      enumerable: true,
      get() {
        const error = new Error('read from a prototype')
        // Observable Plot walks over the prototypes of its options: what it finds there is a channel that it can do without.
        if (error.stack.split('\n')[2]?.includes('node_modules')) return { optional: true }
        throw error
      },
    })
  }
}
process.on('exit', () => {
  const isDone = how === 'frozen' ? Object.isFrozen(Object.prototype) : 'isAdmin' in []
  if (how !== undefined && !isDone) process.exitCode = 99
})
