import {
  type Decoded,
  type Encodable,
  api,
  array,
  bool,
  int16,
  int32,
  int8,
  string,
  structs,
} from '#core/wire/schema.ts'

/**
 * DescribeConfigs: settings of topics, brokers and groups, with where each value comes from.
 *
 * 1: sources and synonyms · 3: type and documentation · 4: flexible.
 *
 * Settings of a broker are told by that broker only; those of a topic by any.
 */
export const describeConfigs = api({
  key: 32,
  name: 'DescribeConfigs',
  versions: '1-4',
  flexible: '4+',
  request: {
    /** What to describe. */
    resources: structs({
      /** 2: topic; 4: broker; 8: broker logger; 16: client metrics; 32: group. */
      resourceType: int8(),
      /** Topic, node id or group; empty for the defaults of all brokers. */
      resourceName: string(),
      /** The settings wanted. Null asks for all, and so does an empty list. */
      configurationKeys: array(string(), { nullable: '0+' }),
    }),
    /** Asks for synonyms. */
    includeSynonyms: bool({ default: false }),
    /** Asks for documentation. */
    includeDocumentation: bool({ versions: '3+', default: false }),
  },
  response: {
    /** How long a quota asks the client to pause. */
    throttleTimeMs: int32({ default: 0 }),
    /** A row for each resource. */
    results: structs({
      /** Of this resource. */
      errorCode: int16(),
      /** Null when there is nothing to say. */
      errorMessage: string({ nullable: '0+' }),
      /** As in the request. */
      resourceType: int8(),
      /** As in the request. */
      resourceName: string(),
      /** The settings. */
      configs: structs({
        /** The setting. */
        name: string(),
        /** Null when it is secret or has none. */
        value: string({ nullable: '0+' }),
        /** True when it cannot be changed while the broker runs. */
        readOnly: bool(),
        /**
         * 1: the topic; 2: this broker, dynamic; 3: all brokers, dynamic; 4: the broker's file; 5: default; 6: broker
         * logger; 7: client metrics; 8: group.
         */
        configSource: int8({ default: -1 }),
        /** True when the value is hidden. */
        isSensitive: bool(),
        /** The other places that could give the value, the strongest first; the one in force among them. */
        synonyms: structs({
          /** The setting's name there: a topic's setting has another one in the broker's file. */
          name: string(),
          /** Null when it is secret. */
          value: string({ nullable: '0+' }),
          /** As configSource. */
          source: int8(),
        }),
        /** 0: unknown; 1: boolean; 2: string; 3: int; 4: short; 5: long; 6: double; 7: list; 8: class; 9: password. */
        configType: int8({ versions: '3+', default: 0, ignorable: true }),
        /** Null when not asked for. */
        documentation: string({ versions: '3+', nullable: '0+', ignorable: true }),
      }),
    }),
  },
})

export type DescribeConfigsRequest = Decoded<typeof describeConfigs.request>
export type DescribeConfigsRequestInput = Encodable<typeof describeConfigs.request>
export type DescribeConfigsResponse = Decoded<typeof describeConfigs.response>
export type DescribeConfigsResponseInput = Encodable<typeof describeConfigs.response>
