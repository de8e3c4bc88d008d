// Money from attributes: the properties `revenue` and `currency` of an event become its revenue.
import type { Extension } from "../event";

export const revenue = (): Extension => () => ({
  shape(event) {
    const { revenue: amount, currency, ...props } = event.props ?? {};
    if ((typeof amount == "string" || typeof amount == "number") && typeof currency == "string") {
      event.revenue = { amount, currency };
      event.props = props;
    }
  },
});
