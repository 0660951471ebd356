/**
 * Reads Java properties text: `key=value`, `key: value`, `#` and `!` comments, lines continued by a backslash, and the
 * escapes \t \n \r \f \uXXXX. Later lines win.
 */
export function parseProperties(text: string): Record<string, string> {
  const result: Record<string, string> = {}
  const lines = text.split(/\r\n|\n|\r/)
  for (let i = 0; i < lines.length; i++) {
    let line = lines[i]!.trimStart()
    if (line === '' || line.startsWith('#') || line.startsWith('!')) continue
    while (/(^|[^\\])(\\\\)*\\$/.test(line) && i + 1 < lines.length) line = line.slice(0, -1) + lines[++i]!.trimStart()
    const match = /^((?:\\.|[^\\=:\s])*)(?:\s*[=:]\s*|\s+|$)(.*)$/s.exec(line)
    if (match) result[unescape(match[1]!)] = unescape(match[2]!)
  }
  return result
}

const named: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r', f: '\f' }

function unescape(text: string): string {
  return text.replace(/\\(?:u([0-9a-fA-F]{4})|(.))/gs, (_, hex: string | undefined, char: string) =>
    hex ? String.fromCharCode(Number.parseInt(hex, 16)) : (named[char] ?? char),
  )
}
