// One of several processes that take, hold and leave the lock of a folder in turn, as fast as they can:
//   node lock-racer.mjs LOCK-MODULE FOLDER MILLISECONDS SEED LEAST
// While it holds the lock it is alone in the folder, or `meetings` counts it. Every third time it "dies": it leaves behind the
// lock of a process that is gone. It ends after that time, once it has left behind as many as LEAST.
import { closeSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'

const [module, folder, milliseconds, seed, least] = process.argv.slice(2)
const { lockFolder } = await import(module)
const lock = join(folder, '.lock')
const inside = join(folder, 'inside')
const until = Date.now() + Number(milliseconds)
const counts = { held: 0, refused: 0, left: 0, meetings: 0, errors: [] }

for (let turn = Number(seed); Date.now() < until || counts.left < Number(least); turn++) {
  let release
  try {
    release = lockFolder(lock)
  } catch (error) {
    if (error.code === 'E_LOCKED') counts.refused++
    else counts.errors.push(String(error))
    continue
  }
  counts.held++
  try {
    closeSync(openSync(inside, 'wx'))
    rmSync(inside)
  } catch {
    counts.meetings++
  }
  if (turn % 3 === 0) {
    const owner = JSON.parse(readFileSync(lock, 'utf8'))
    writeFileSync(`${lock}.left-${process.pid}`, JSON.stringify({ ...owner, started: '1', turn }))
    renameSync(`${lock}.left-${process.pid}`, lock)
    counts.left++
  } else release()
}
process.stdout.write(JSON.stringify(counts))
