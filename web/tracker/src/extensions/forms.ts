// Forms that are sent: which one, never what is in it.
import type { Extension } from "../event";

// A field called "id" or "dataset" hides the form's own property of that name.
const attribute = (form: Element, name: string): string | null =>
  Element.prototype.getAttribute.call(form, name);

/** A form with `data-li-event` has that name and `data-li-props`, as clicked elements have. */
export const forms = (): Extension => (track) =>
  addEventListener(
    "submit",
    (event) => {
      const form = event.target as Element;
      const props = attribute(form, "data-li-props");
      try {
        track(attribute(form, "data-li-event") || "Form: Submission", {
          props: props
            ? JSON.parse(props)
            : { form: attribute(form, "id") || attribute(form, "name") || location.pathname },
        });
      } catch {} // props that are no JSON
    },
    true,
  );
