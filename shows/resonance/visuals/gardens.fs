/*{
  "ISFVSN": "2",
  "DESCRIPTION": "The Biopolymer Gardens: poured pearl and emerald, thin gold where the folds meet.",
  "INPUTS": [
    {"NAME": "near_south",  "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0},
    {"NAME": "near_middle", "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0},
    {"NAME": "near_north",  "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0},
    {"NAME": "growth", "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0.5},
    {"NAME": "order",  "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0},
    {"NAME": "crack",  "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0},
    {"NAME": "warmth", "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0.3},
    {"NAME": "level",  "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0.6}
  ]
}*/
// Seen: silk-like folds that pour downwards and bloom where someone stands; `order` lays
// them on a golden grid, `crack` lets the border's hairlines in from the right edge.
const vec3 GOLD = vec3(0.58, 0.34, 0.075);
const vec3 EMERALD = vec3(0.012, 0.16, 0.085);
const vec3 PEARL = vec3(0.80, 0.74, 0.62);
const float GOLDEN = 1.6180340;

float at_person(float x, float where) { float d = (x - where) * 4.2; return exp(-d * d); }

void main() {
    vec2 uv = isf_FragNormCoord;
    vec2 p = vec2(uv.x * 1.7778, uv.y);
    float t = TIME * 0.045;
    float near = near_south * at_person(uv.x, 0.2) + near_middle * at_person(uv.x, 0.5)
               + near_north * at_person(uv.x, 0.8);
    float bloom = near * (1.05 - 0.55 * uv.y);

    // Poured folds: three warps of one slow flow.
    vec2 q = p * vec2(1.9, 1.15) + vec2(0.0, t);
    q += 0.42 * vec2(sin(q.y * 2.1 + t * 1.3), sin(q.x * 1.7 - t * 0.9));
    q += 0.25 * vec2(sin(q.y * 3.7 - t * 1.7 + 1.3), sin(q.x * 3.3 + t * 1.1 + 0.7));
    q += (0.12 + 0.10 * bloom) * vec2(sin(q.y * 6.1 + t * 2.1), cos(q.x * 5.3 - t * 1.6));
    vec2 cell = fract(p * vec2(GOLDEN, GOLDEN) * 2.0) - 0.5;
    float straight = p.x * 3.2 + 0.15 * sin(p.y * 3.0 + t * 2.0);
    float fold = mix(q.x * 2.6 + 0.8 * sin(q.y * 1.3), straight, order * 0.85);
    float wave = sin(fold * 2.6);
    float sheen = 0.5 + 0.5 * wave;
    float ridge = 1.0 - abs(sin(fold * 1.3 + 0.4));
    ridge *= ridge; ridge *= ridge; ridge *= ridge;

    // Growth pours from above: what it has not reached stays dark.
    float reach = smoothstep(-0.16, 0.22, uv.y - 1.06 + growth * 1.22
                  + 0.11 * sin(q.x * 4.0) + 0.06 * sin(q.x * 9.0 + 1.0) + 0.35 * bloom);
    float body = sheen * sheen * (0.35 + 0.65 * sheen);
    vec3 light = EMERALD * (0.25 + 1.5 * body);
    light += PEARL * body * body * (0.10 + 0.75 * bloom) * (0.4 + 0.6 * sin(q.y * 2.2 + 1.0) * sin(q.y * 2.2 + 1.0));
    light += GOLD * ridge * (0.55 + 1.6 * bloom + 0.6 * warmth);
    light += GOLD * warmth * body * 0.34;
    light *= reach * (0.5 + 0.5 * smoothstep(1.15, 0.1, length(uv - vec2(0.5, 0.52)) * 1.15));
    light += (EMERALD + GOLD * 0.4) * bloom * 0.30;

    // The golden grid.
    vec2 edge = abs(cell);
    float line = smoothstep(0.485, 0.5, max(edge.x, edge.y));
    float ring = smoothstep(0.014, 0.0, abs(length(cell) - 0.309));
    light += GOLD * (line * 0.8 + ring * 0.75) * order * (0.3 + 0.7 * sheen);

    // Hairline cracks from the border.
    if (crack > 0.001) {
        float depth = (1.0 - uv.x) / max(crack, 0.05);
        float y = uv.y + 0.07 * sin(uv.x * 13.0) + 0.035 * sin(uv.x * 31.0 + 2.0) + 0.015 * sin(uv.x * 67.0);
        y += 0.045 * sin(uv.x * 9.0 + uv.y * 11.0) + 0.02 * sin(uv.x * 23.0 - uv.y * 29.0);
        float branch = y * 2.6 + 0.35 * sin(y * 5.0 + 1.0) + 0.22 * sin(uv.x * 7.0);
        float hair = abs(fract(branch) - 0.5) / 2.0 + 0.012 * smoothstep(0.2, 1.2, depth);
        float open = smoothstep(1.0, 0.55, depth);
        light *= 1.0 - 0.75 * open * smoothstep(0.07, 0.01, hair);
        light += vec3(0.85, 0.30, 0.05) * open * smoothstep(0.014, 0.002, hair) * crack;
    }
    light = light * light / (light + 0.055) * level * 1.9;
    gl_FragColor = vec4(sqrt(1.0 - exp(-light)), 1.0);
}
