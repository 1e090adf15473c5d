import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { lockFolder } from '../../src/experiment/lock.ts'

let folder: string
let path: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lock-'))
  path = join(folder, '.lock')
})
afterEach(() => rmSync(folder, { recursive: true }))

it('lets one writer in and names it to the second', () => {
  const release = lockFolder(path)
  expect(() => lockFolder(path)).toThrow(`in use by process ${process.pid}`)
  release()
  expect(existsSync(path)).toBe(false)
  lockFolder(path)()
})

it('takes over at once from an owner that is gone', async () => {
  const child = spawn(process.execPath, ['-e', ''])
  await new Promise(resolve => child.on('exit', resolve))
  writeFileSync(path, JSON.stringify({ pid: child.pid, boot: readBoot(), started: '1' }))
  lockFolder(path)()
})

it('takes over when the process id was given to another process since', () => {
  writeFileSync(path, JSON.stringify({ pid: process.pid, boot: readBoot(), started: '1' }))
  if (existsSync('/proc/self/stat')) lockFolder(path)()
})

it('takes over from before the last boot, and from a torn lock file', () => {
  writeFileSync(path, JSON.stringify({ pid: process.pid, boot: 'another boot', started: '' }))
  lockFolder(path)()
  writeFileSync(path, '{"pid": 1')
  lockFolder(path)()
})

const readBoot = () =>
  existsSync('/proc/sys/kernel/random/boot_id')
    ? readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
    : ''
