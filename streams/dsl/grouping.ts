/** Key under which a grouped stream keeps what aggregations are added by: for the other classes of the DSL. */
export const grouping: unique symbol = Symbol('grouping')
