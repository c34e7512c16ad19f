/**
 * What a host gives to its exporters: the counts of a broker as Effect metrics, and what becomes of a client's calls as spans.
 *
 * It is an entry of its own, so that a host without exporters does not load them.
 */
export { BrokerMetrics, type BrokerMetricsOptions, type BrokerMetricsService } from "./host/BrokerMetrics.ts"
export { BrokerTracing } from "./host/BrokerTracing.ts"
