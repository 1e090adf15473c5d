// Looks at reports and profile pages in Chromium, in light and dark, wide and narrow, and on paper:
// node bench/run.mjs pages [--pictures FOLDER] [experiment folder, page.html or dataset…]. Without a name: adult, diamonds, mnist.
// A dataset is trained briefly first. Says what a machine can see; pictures are for people.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import process from 'node:process'
import { findChromium, openBrowser, type Browser } from '../test/helpers/browser.ts'

const main = join(process.cwd(), 'dist/cli/main.js')
const words = process.argv.slice(2)
const at = words.indexOf('--pictures')
const album = at < 0 ? undefined : words[at + 1]
const given = words.filter((word, i) => !word.startsWith('--') && (at < 0 || i !== at + 1))
const chosen = given.length > 0 ? given : ['adult', 'diamonds', 'mnist']
const folder = mkdtempSync(join(tmpdir(), 'glasspilot-pages-'))
const say = (text: string) => process.stdout.write(`${text}\n`)

function glasspilot(...args: string[]): void {
  const { status, stderr } = spawnSync(process.execPath, [main, ...args], { encoding: 'utf8' })
  if (status !== 0) throw new Error(`glasspilot ${args.join(' ')}: ${stderr.trim()}`)
}

/** The pages of what was named, as name and file. */
function pagesOf(what: string): [string, string][] {
  if (what.endsWith('.html')) return [[basename(what, '.html'), what]]
  const report = join(folder, `${basename(what)}-report.html`)
  const profile = join(folder, `${basename(what)}-profile.html`)
  const trained = existsSync(join(what, 'experiment.json')) ? what : join(folder, basename(what))
  if (trained !== what)
    glasspilot('run', what, '--budget', '60s', '--max-candidates', '8', '--output', trained, '--quiet')
  glasspilot('report', trained, '--output', report, '--quiet')
  const { spec } = JSON.parse(readFileSync(join(trained, 'experiment.json'), 'utf8')) as {
    spec: { data: string | string[]; target: string }
  }
  glasspilot('profile', ...[spec.data].flat(), '--target', spec.target, '--output', profile, '--quiet')
  return [report, profile].filter(existsSync).map(file => [basename(file, '.html'), file])
}

async function look(browser: Browser, name: string, file: string): Promise<number> {
  let faults = 0
  for (const scheme of ['light', 'dark'] as const) {
    for (const width of [1280, 400]) {
      const found = await browser.look(file, { width, scheme }, { pictures: album !== undefined })
      const wrong = [
        ...found.console.map(text => `console: ${text}`),
        ...found.requests.map(address => `asks for ${address}`),
        ...(found.overflow > 0 ? [`is ${found.overflow} px wider than its window`] : []),
        ...found.faults,
      ]
      faults += wrong.length
      say(`${name.padEnd(24)} ${scheme.padEnd(5)} ${String(width).padStart(4)} px  ${wrong.length === 0 ? 'ok' : `${wrong.length} faults`}`) // prettier-ignore
      for (const line of wrong) say(`    ${line}`)
      for (const [i, picture] of found.pictures.entries())
        writeFileSync(join(album!, `${name}-${scheme}-${width}-${String(i + 1).padStart(2, '0')}.png`), picture) // prettier-ignore
    }
  }
  const paper = await browser.print(file)
  say(`${name.padEnd(24)} paper ${(paper.length / 1e6).toFixed(2)} MB; page ${(statSync(file).size / 1e6).toFixed(2)} MB`) // prettier-ignore
  if (album !== undefined) writeFileSync(join(album, `${name}.pdf`), paper)
  return faults
}

const chromium = findChromium()
if (chromium === undefined) {
  say('no Chromium: expected one on the path or in GLASSPILOT_CHROMIUM')
  process.exitCode = 1
} else {
  if (album !== undefined) mkdirSync(album, { recursive: true })
  const browser = await openBrowser(chromium)
  let faults = 0
  try {
    for (const [name, file] of chosen.flatMap(pagesOf)) faults += await look(browser, name, file)
  } finally {
    await browser.close()
    rmSync(folder, { recursive: true, force: true })
  }
  say(`${faults} faults`)
  process.exitCode = faults === 0 ? 0 : 1
}
