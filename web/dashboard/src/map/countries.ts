// The world's shapes, read when a map is shown: land areas of world-atlas, whose numbers (ISO 3166
// numeric) are turned into the two letters that the rest of the house uses.
import { geoEqualEarth, geoPath } from "d3-geo";
import { feature } from "topojson-client";
import type { GeometryCollection, Topology } from "topojson-specification";

// prettier-ignore
const LETTERS: Record<string, string> = { "004":"AF","008":"AL","010":"AQ","012":"DZ","024":"AO","031":"AZ","032":"AR","036":"AU","040":"AT","044":"BS","050":"BD","051":"AM","056":"BE","064":"BT","068":"BO","070":"BA","072":"BW","076":"BR","084":"BZ","090":"SB","096":"BN","100":"BG","104":"MM","108":"BI","112":"BY","116":"KH","120":"CM","124":"CA","140":"CF","144":"LK","148":"TD","152":"CL","156":"CN","158":"TW","170":"CO","178":"CG","180":"CD","188":"CR","191":"HR","192":"CU","196":"CY","203":"CZ","204":"BJ","208":"DK","214":"DO","218":"EC","222":"SV","226":"GQ","231":"ET","232":"ER","233":"EE","238":"FK","242":"FJ","246":"FI","250":"FR","260":"TF","262":"DJ","266":"GA","268":"GE","270":"GM","275":"PS","276":"DE","288":"GH","300":"GR","304":"GL","320":"GT","324":"GN","328":"GY","332":"HT","340":"HN","348":"HU","352":"IS","356":"IN","360":"ID","364":"IR","368":"IQ","372":"IE","376":"IL","380":"IT","384":"CI","388":"JM","392":"JP","398":"KZ","400":"JO","404":"KE","408":"KP","410":"KR","414":"KW","417":"KG","418":"LA","422":"LB","426":"LS","428":"LV","430":"LR","434":"LY","440":"LT","442":"LU","450":"MG","454":"MW","458":"MY","466":"ML","478":"MR","484":"MX","496":"MN","498":"MD","499":"ME","504":"MA","508":"MZ","512":"OM","516":"NA","524":"NP","528":"NL","540":"NC","548":"VU","554":"NZ","558":"NI","562":"NE","566":"NG","578":"NO","586":"PK","591":"PA","598":"PG","600":"PY","604":"PE","608":"PH","616":"PL","620":"PT","624":"GW","626":"TL","630":"PR","634":"QA","642":"RO","643":"RU","646":"RW","682":"SA","686":"SN","688":"RS","694":"SL","703":"SK","704":"VN","705":"SI","706":"SO","710":"ZA","716":"ZW","724":"ES","728":"SS","729":"SD","732":"EH","740":"SR","748":"SZ","752":"SE","756":"CH","760":"SY","762":"TJ","764":"TH","768":"TG","780":"TT","784":"AE","788":"TN","792":"TR","795":"TM","800":"UG","804":"UA","807":"MK","818":"EG","826":"GB","834":"TZ","840":"US","854":"BF","858":"UY","860":"UZ","862":"VE","887":"YE","894":"ZM" };
// Too small for the atlas, but people live there: [longitude, latitude].
// prettier-ignore
const SMALL: Record<string, [number, number]> = { SG:[103.8,1.35],HK:[114.2,22.3],MO:[113.5,22.2],MT:[14.4,35.9],LI:[9.5,47.1],MC:[7.4,43.7],AD:[1.6,42.5],SM:[12.4,43.9],BH:[50.5,26.0],MV:[73.5,3.2],MU:[57.6,-20.3],BB:[-59.5,13.2],GI:[-5.3,36.1],JE:[-2.1,49.2],GG:[-2.6,49.5],IM:[-4.5,54.2],RE:[55.5,-21.1],GP:[-61.6,16.2],MQ:[-61,14.6],CW:[-69,12.2],BM:[-64.8,32.3],KY:[-81.3,19.3],SC:[55.5,-4.7],CV:[-23.6,15.1],WS:[-172,-13.8],TO:[-175,-21.2],GU:[144.8,13.4],PF:[-149.4,-17.7],FO:[-6.9,62],XK:[20.9,42.6] };

export const WIDTH = 960;
export const HEIGHT = 440;

export interface Country {
  code: string | null;
  path: string;
}
export interface World {
  countries: Country[];
  /** Where an arrival from there lights up. */
  centre: (code: string) => [number, number] | null;
}

let loaded: Promise<World> | undefined;

export function world(): Promise<World> {
  loaded ??= import("world-atlas/countries-110m.json").then((atlas) => drawn(atlas.default as unknown as Topology));
  loaded.catch(() => (loaded = undefined));
  return loaded;
}

export function drawn(atlas: Topology): World {
  const shapes = feature(atlas, atlas.objects["countries"] as GeometryCollection<{ name: string }>).features.filter(
    (shape) => shape.id !== "010",
  );
  const projection = geoEqualEarth().fitExtent([[4, 4], [WIDTH - 4, HEIGHT - 4]], { type: "FeatureCollection", features: shapes });
  const path = geoPath(projection).digits(1);
  const centres = new Map<string, [number, number]>();
  const countries = shapes.map((shape) => {
    const code = LETTERS[String(shape.id)] ?? null;
    if (code) centres.set(code, path.centroid(mainland(shape.geometry)));
    return { code, path: path(shape) ?? "" };
  });
  for (const [code, place] of Object.entries(SMALL)) {
    const at = projection(place);
    if (at) centres.set(code, at);
  }
  return { countries, centre: (code) => centres.get(code) ?? null };
}

/** The largest part alone: else France lies in the Atlantic and the United States in Canada. */
function mainland(shape: GeoJSON.Geometry): GeoJSON.Geometry {
  if (shape.type !== "MultiPolygon") return shape;
  const path = geoPath(null);
  const largest = shape.coordinates.reduce((best, part) => {
    const area = (ring: GeoJSON.Position[][]) => Math.abs(path.area({ type: "Polygon", coordinates: ring }));
    return area(part) > area(best) ? part : best;
  });
  return { type: "Polygon", coordinates: largest };
}
