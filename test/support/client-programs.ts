/**
 * Other people's clients, installed by the checks that need them: pinned versions, below `INTEROP_CLIENTS` or
 * `~/.cache/millrace-interop`, once. What cannot be installed skips its check and says why.
 */
import { createHash } from 'node:crypto'
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'

import { Skipped } from './check.ts'
import { command } from './peers.ts'
import { projectRoot } from './sources.ts'

const cache = resolve(process.env['INTEROP_CLIENTS'] ?? join(homedir(), '.cache', 'millrace-interop'))
const programs = join(projectRoot, 'test', 'interop', 'clients')
const installMs = 540_000

/** A program and its first arguments; a client's own arguments come after them. */
export type CommandLine = readonly [file: string, ...args: string[]]

/** Runs a step of an installation; one that fails skips the check with the end of what it said. */
async function step(file: string, args: readonly string[], cwd: string, env: Record<string, string> = {}) {
  const { code, stdout, stderr } = await command(file, args, { cwd, env, timeoutMs: installMs })
  if (code !== 0) throw new Skipped(`${file} ${args.join(' ')} failed: ${(stdout + stderr).trim().slice(-600)}`)
}

/** A folder that is filled once; what it is made of is part of its name, so a change makes another one. */
async function folder(name: string, madeOf: string, fill: (path: string) => Promise<void>): Promise<string> {
  const path = join(cache, `${name}-${createHash('sha256').update(madeOf).digest('hex').slice(0, 12)}`)
  const ready = join(path, '.ready')
  if (existsSync(ready)) return path
  rmSync(path, { recursive: true, force: true })
  mkdirSync(path, { recursive: true })
  await fill(path)
  writeFileSync(ready, '')
  return path
}

/** A Python that has the packages of clients/requirements.txt. */
export async function pythonWithClients(): Promise<string> {
  const requirements = join(programs, 'requirements.txt')
  const path = await folder('python', readFileSync(requirements, 'utf8'), async (path) => {
    await step('python3', ['-m', 'venv', path], path)
    await step(join(path, 'bin', 'pip'), ['install', '-q', '-r', requirements], path)
  })
  return join(path, 'bin', 'python')
}

/** A Python program of ours: `clients/NAME/story.py`. */
export async function pythonProgram(name: string): Promise<CommandLine> {
  return [await pythonWithClients(), join(programs, name, 'story.py')]
}

/** A Go program of ours, built once: `clients/NAME/main.go`. */
export async function goProgram(name: string): Promise<CommandLine> {
  const source = join(programs, name)
  const madeOf = ['main.go', 'go.mod', 'go.sum'].map((file) => readFileSync(join(source, file), 'utf8')).join()
  const path = await folder(name, madeOf, (path) =>
    step('go', ['build', '-o', join(path, name), '.'], source, { GOFLAGS: '-p=1' }),
  )
  return [join(path, name)]
}

/** The class path of Apache Kafka's clients in a version. */
export async function javaClients(version: string): Promise<string> {
  const pom = `<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>interop</groupId><artifactId>clients</artifactId><version>1</version><packaging>pom</packaging><dependencies>
<dependency><groupId>org.apache.kafka</groupId><artifactId>kafka-clients</artifactId><version>${version}</version></dependency>
</dependencies></project>`
  const copy = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies'
  const path = await folder(`kafka-clients-${version}`, pom, async (path) => {
    writeFileSync(join(path, 'pom.xml'), pom)
    await step('mvn', ['-B', '-q', copy, `-DoutputDirectory=${join(path, 'libs')}`, '-DincludeScope=runtime'], path)
  })
  return join(path, 'libs', '*')
}

/** A Java program of ours in one file, run from source with the clients of a version: `clients/java/FILE`. */
export async function javaProgram(file: string, version: string): Promise<CommandLine> {
  return ['java', '-Xmx256m', '-cp', await javaClients(version), join(programs, 'java', file)]
}

/** A Node program of ours that needs a package which the project does not have, and a Node that it runs on (at least `node`). */
export async function nodeProgram(name: string, packages: readonly string[], node: string): Promise<CommandLine> {
  const isNewEnough = Number.parseInt(process.versions.node, 10) >= Number.parseInt(node, 10)
  const wanted = isNewEnough ? packages : [...packages, `node@${node}`]
  const path = await folder(name, wanted.join(), async (path) => {
    writeFileSync(join(path, 'package.json'), '{"private":true}')
    await step('npm', ['install', '--no-audit', '--no-fund', ...wanted], path)
  })
  const program = join(path, 'story.mjs')
  copyFileSync(join(programs, name, 'story.mjs'), program)
  return [isNewEnough ? process.execPath : join(path, 'node_modules', '.bin', 'node'), program]
}

/** A Node program of ours that needs only what the project has. */
export const ownProgram = (name: string): CommandLine => [process.execPath, join(programs, name, 'story.mjs')]
