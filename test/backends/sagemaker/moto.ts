import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import process from 'node:process'
import { python } from './botocore.ts'

const SERVER = `
import sys
from moto.server import ThreadedMotoServer
server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
print(server.get_host_and_port()[1], flush=True)
sys.stdin.read()
`

export const hasMoto = spawnSync(python, ['-c', 'import moto.server']).status === 0

export interface Moto {
  readonly port: number
  end(): void
}

/** A server of AWS's protocols that nobody here wrote. */
export async function startMoto(env: Readonly<Record<string, string>> = {}): Promise<Moto> {
  const server = spawn(python, ['-c', SERVER], {
    stdio: ['pipe', 'pipe', 'ignore'],
    env: { ...process.env, ...env },
  })
  const [line] = (await once(server.stdout, 'data')) as [Buffer]
  const port = Number(line.toString().trim().split('\n').at(-1))
  return { port, end: () => void server.kill('SIGKILL') }
}
