/** The shape of a case file of the streams oracle; its FORMAT.md is the specification. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json }

/** A function of the closed vocabulary: its name, or its name with arguments. */
export type Fn = string | readonly [name: string, ...args: (number | string)[]]

export interface CaseNode {
  readonly id?: string
  readonly op: string
  readonly [field: string]: Json | undefined
}

export interface CaseConfig {
  readonly cache: number
  readonly store: string
  readonly optimize: string
  readonly wall: number
  readonly emitInterval?: number
  readonly onProcessingError?: 'fail' | 'continue'
  readonly onDeserializationError?: 'fail' | 'continue'
  readonly dlq?: string
}

export interface CaseStep {
  readonly in?: readonly [
    topic: string,
    key: Json,
    value: Json,
    timestamp: number,
    headers?: readonly (readonly [string, string | null])[],
  ]
  readonly wall?: number
  readonly out?: readonly Json[]
  readonly peek?: readonly Json[]
  readonly dropped?: number
  readonly error?: boolean
}

export interface InternalTopic {
  readonly kind: string
  readonly partitions?: number
  readonly config: { readonly [name: string]: string }
  readonly records?: readonly (readonly Json[])[]
}

export interface CaseEnd {
  readonly invalid?: boolean
  readonly failed?: boolean
  readonly dropped?: number
  readonly stores?: { readonly [name: string]: { readonly type: string; readonly rows: readonly (readonly Json[])[] } }
  readonly internal?: { readonly [topic: string]: InternalTopic }
  readonly describe?: string
}

export interface Case {
  readonly id: string
  readonly group: string
  readonly variant: string
  readonly config: CaseConfig
  readonly topology: readonly CaseNode[]
  readonly steps: readonly CaseStep[]
  readonly end: CaseEnd
}

/** Bytes as the cases write them: plain text if all of it is printable, else hex digits behind `0x`. */
export function literal(bytes: Uint8Array | null): string | null {
  if (bytes === null) return null
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1')
  return /^(?!0x)[\x20-\x7e]*$/.test(text) ? text : `0x${Buffer.from(text, 'latin1').toString('hex')}`
}

/** Reads a bytes literal. */
export const bytesOf = (text: string): Buffer =>
  text.startsWith('0x') ? Buffer.from(text.slice(2), 'hex') : Buffer.from(text, 'utf8')
