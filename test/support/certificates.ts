import { generate } from 'selfsigned'

/** A key with its certificate, both PEM. */
export interface Certified {
  readonly key: string
  readonly certificate: string
}

/** Somebody who signs certificates for a test. */
export interface Authority extends Certified {
  /** A certificate for a subject, by attribute (commonName, organizationName …), good for this machine's own addresses. */
  issue(subject: Readonly<Record<string, string>>): Promise<Certified>
}

const attributes = (subject: Readonly<Record<string, string>>) =>
  Object.entries(subject).map(([name, value]) => ({ name, value }))

/** Makes an authority of its own; keys are on P-256, which takes a few ms. */
export async function makeAuthority(name: string): Promise<Authority> {
  const own = await generate(attributes({ commonName: name }), {
    keyType: 'ec',
    algorithm: 'sha256',
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
    ],
  })
  return {
    key: own.private,
    certificate: own.cert,
    async issue(subject) {
      const issued = await generate(attributes(subject), {
        keyType: 'ec',
        algorithm: 'sha256',
        ca: { key: own.private, cert: own.cert },
        extensions: [
          { name: 'basicConstraints', cA: false },
          { name: 'keyUsage', digitalSignature: true },
          { name: 'extKeyUsage', serverAuth: true, clientAuth: true },
          {
            name: 'subjectAltName',
            altNames: [
              { type: 2, value: 'localhost' },
              { type: 7, ip: '127.0.0.1' },
            ],
          },
        ],
      })
      return { key: issued.private, certificate: issued.cert }
    },
  }
}
