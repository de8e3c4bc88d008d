"""User agents as they are sent in 2025 and 2026, and what they must be recognised as."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liveinsight.adapters.recognise.agents import UaParserAgents
from liveinsight.adapters.recognise.bots import IsbotPatterns
from liveinsight.adapters.recognise.built import DATA
from liveinsight.domain.agent import Agent, Device

BROWSERS = [
    # browser, its version, system, its version, device, user agent
    (
        "Chrome",
        "146",
        "Windows",
        "10",
        "desktop",
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/146.0.0.0 Safari/537.36",
    ),
    (
        "Chrome",
        "145",
        "macOS",
        "10",
        "desktop",
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/145.0.0.0 Safari/537.36",
    ),
    (
        "Chrome",
        "144",
        "Linux",
        None,
        "desktop",
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/144.0.0.0 Safari/537.36",
    ),
    (
        "Chrome",
        "143",
        "ChromeOS",
        "14541",
        "desktop",
        "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/143.0.0.0 Safari/537.36",
    ),
    (
        "Chrome",
        "146",
        "Android",
        "10",
        "mobile",
        "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/146.0.0.0 Mobile Safari/537.36",
    ),
    (
        "Chrome",
        "146",
        "Android",
        "10",
        "tablet",
        "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/146.0.0.0 Safari/537.36",
    ),
    (
        "Chrome",
        "146",
        "iOS",
        "18",
        "mobile",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/146.0.7680.40 Mobile/15E148 Safari/604.1",
    ),
    (
        "Safari",
        "26",
        "iOS",
        "18",
        "mobile",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Mobile/15E148 Safari/604.1",
    ),
    (
        "Safari",
        "26",
        "macOS",
        "10",
        "desktop",
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.1 Safari/605.1.15",
    ),
    (
        "Safari",
        "17",
        "iOS",
        "17",
        "tablet",
        "Mozilla/5.0 (iPad; CPU OS 17_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.7 Mobile/15E148 Safari/604.1",
    ),
    (
        "Chrome",
        "140",
        "iOS",
        "18",
        "tablet",
        "Mozilla/5.0 (iPad; CPU OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/140.0.7339.39 Mobile/15E148 Safari/604.1",
    ),
    (
        "Firefox",
        "145",
        "Windows",
        "10",
        "desktop",
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0",
    ),
    (
        "Firefox",
        "144",
        "Ubuntu",
        None,
        "desktop",
        "Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0",
    ),
    (
        "Firefox",
        "145",
        "Android",
        "15",
        "mobile",
        "Mozilla/5.0 (Android 15; Mobile; rv:145.0) Gecko/145.0 Firefox/145.0",
    ),
    (
        "Firefox",
        "143",
        "Android",
        "14",
        "tablet",
        "Mozilla/5.0 (Android 14; Tablet; rv:143.0) Gecko/143.0 Firefox/143.0",
    ),
    (
        "Firefox",
        "145",
        "iOS",
        "18",
        "mobile",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) FxiOS/145.0 Mobile/15E148 Safari/604.1",
    ),
    (
        "Edge",
        "146",
        "Windows",
        "10",
        "desktop",
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/146.0.0.0 Safari/537.36 Edg/146.0.0.0",
    ),
    (
        "Edge",
        "145",
        "Android",
        "10",
        "mobile",
        "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/145.0.0.0 Mobile Safari/537.36 EdgA/145.0.0.0",
    ),
    (
        "Edge",
        "145",
        "iOS",
        "18",
        "mobile",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 EdgiOS/145.0.3800.70 Mobile/15E148 Safari/604.1",
    ),
    (
        "Opera",
        "127",
        "Windows",
        "10",
        "desktop",
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/143.0.0.0 Safari/537.36 OPR/127.0.0.0",
    ),
    (
        "Opera",
        "94",
        "Android",
        "10",
        "mobile",
        "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36 OPR/94.0.0.0",
    ),
    (
        "Samsung Internet",
        "29",
        "Android",
        "10",
        "mobile",
        "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/29.0 Chrome/136.0.0.0 Mobile Safari/537.36",
    ),
    (
        "Samsung Internet",
        "28",
        "Android",
        "13",
        "tablet",
        "Mozilla/5.0 (Linux; Android 13; SM-X910) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/28.0 Chrome/130.0.0.0 Safari/537.36",
    ),
    (
        "Whale",
        "4",
        "Windows",
        "10",
        "desktop",
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Whale/4.35.351.12 Safari/537.36",
    ),
    (
        "Naver",
        "12",
        "Android",
        "14",
        "mobile",
        "Mozilla/5.0 (Linux; Android 14; SM-S928N Build/UP1A.231005.007; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/138.0.7204.180 Whale/1.0.0.0 Crosswalk/29.138.0.9 Mobile Safari/537.36 NAVER(inapp; search; 2000; 12.14.20)",
    ),
    (
        "Naver",
        "12",
        "iOS",
        "18",
        "mobile",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 NAVER(inapp; search; 2000; 12.15.1; 15PRO)",
    ),
    (
        "KakaoTalk",
        "25",
        "Android",
        "15",
        "mobile",
        "Mozilla/5.0 (Linux; Android 15; SM-S938N Build/AP3A.240905.015.A2; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/144.0.7559.59 Mobile Safari/537.36;KAKAOTALK 2511230",
    ),
    (
        "KakaoTalk",
        "25",
        "iOS",
        "18",
        "mobile",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 KAKAOTALK 25.11.0",
    ),
    (
        "Instagram",
        "406",
        "Android",
        "15",
        "mobile",
        "Mozilla/5.0 (Linux; Android 15; Pixel 9 Build/BP1A.250505.005; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/144.0.7559.59 Mobile Safari/537.36 Instagram 406.0.0.58.159 Android (35/15; 420dpi; 1080x2424; Google/google; Pixel 9; tokay; tokay; en_US; 822918295; IABMV/1)",
    ),
    (
        "Instagram",
        "400",
        "iOS",
        "18",
        "mobile",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/22G86 Instagram 400.0.0.30.75 (iPhone15,3; iOS 18_6; en_US; en; scale=3.00; 1290x2796; 790000000; IABMV/1)",
    ),
    (
        "Facebook",
        "530",
        "iOS",
        "18",
        "mobile",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/22G86 [FBAN/FBIOS;FBAV/530.0.0.40.70;FBBV/780000000;FBDV/iPhone15,3;FBMD/iPhone;FBSN/iOS;FBSV/18.6;FBSS/3;FBID/phone;FBLC/en_US;FBOP/5]",
    ),
    (
        "Facebook",
        "530",
        "Android",
        "14",
        "mobile",
        "Mozilla/5.0 (Linux; Android 14; SM-A546B Build/UP1A.231005.007; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/143.0.7499.34 Mobile Safari/537.36 [FB_IAB/FB4A;FBAV/530.0.0.48.74;IABMV/1;]",
    ),
    (
        "TikTok",
        None,
        "Android",
        "14",
        "mobile",
        "Mozilla/5.0 (Linux; Android 14; 23049PCD8G Build/UKQ1.230804.001; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/141.0.7390.43 Mobile Safari/537.36 trill_410203 BytedanceWebview/d8a21c6",
    ),
    (
        "LINE",
        "15",
        "iOS",
        "18",
        "mobile",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 Safari/604.1 Line/15.18.0",
    ),
    (
        "Android WebView",
        "140",
        "Android",
        "13",
        "mobile",
        "Mozilla/5.0 (Linux; Android 13; M2101K6G Build/TKQ1.221013.002; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/140.0.7339.51 Mobile Safari/537.36",
    ),
    (
        "iOS WebView",
        None,
        "iOS",
        "18",
        "mobile",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148",
    ),
    (
        "Google",
        "390",
        "iOS",
        "18",
        "mobile",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) GSA/390.0.834 Mobile/15E148 Safari/604.1",
    ),
    (
        "Yandex Browser",
        "25",
        "Windows",
        "10",
        "desktop",
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 YaBrowser/25.10.0.0 Safari/537.36",
    ),
    (
        "Vivaldi",
        "7",
        "Windows",
        "10",
        "desktop",
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 Vivaldi/7.7",
    ),
    (
        "MiuiBrowser",
        "14",
        "Android",
        "12",
        "mobile",
        "Mozilla/5.0 (Linux; Android 12; M2007J20CG) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/123.0.6312.118 Mobile Safari/537.36 XiaoMi/MiuiBrowser/14.33.0-gn",
    ),
    (
        "UC Browser",
        "13",
        "Android",
        "12",
        "mobile",
        "Mozilla/5.0 (Linux; U; Android 12; en-US; SM-A127F Build/SP1A.210812.016) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/123.0.6312.80 UCBrowser/13.7.8.1322 Mobile Safari/537.36",
    ),
    (
        "Huawei Browser",
        "16",
        "Android",
        "10",
        "mobile",
        "Mozilla/5.0 (Linux; Android 10; HarmonyOS; NOH-AN00; HMSCore 6.14.0.302) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/114.0.5735.196 HuaweiBrowser/16.0.4.302 Mobile Safari/537.36",
    ),
    (
        "Amazon Silk",
        "139",
        "Android",
        "9",
        "tablet",
        "Mozilla/5.0 (Linux; Android 9; KFTRWI) AppleWebKit/537.36 (KHTML, like Gecko) Silk/139.4.1 like Chrome/139.0.7258.94 Safari/537.36",
    ),
    (
        "Android WebView",
        "130",
        "Android",
        "9",
        "other",
        "Mozilla/5.0 (Linux; Android 9; AFTMM Build/PS7633; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/130.0.6723.102 Mobile Safari/537.36",
    ),
    (
        "Samsung Internet",
        "7",
        "Tizen",
        "8",
        "other",
        "Mozilla/5.0 (SMART-TV; Linux; Tizen 8.0) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/7.2 Chrome/108.0.5359.1 TV Safari/537.36",
    ),
    (
        "Chrome",
        "120",
        "Web0S",
        None,
        "other",
        "Mozilla/5.0 (Web0S; Linux/SmartTV) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.6099.270 Safari/537.36 WebAppManager",
    ),
    (
        "Safari",
        "17",
        None,
        None,
        "other",
        "Mozilla/5.0 (PlayStation; PlayStation 5/9.00) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Safari/605.1.15",
    ),
    (
        "Edge",
        "44",
        "Windows",
        "10",
        "other",
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64; Xbox; Xbox One) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edge/44.19041.4788",
    ),
    (
        "Oculus Browser",
        "40",
        "Android",
        None,
        "other",
        "Mozilla/5.0 (X11; Linux x86_64; Quest 3) AppleWebKit/537.36 (KHTML, like Gecko) OculusBrowser/40.2.0.13 Chrome/138.0.7204.180 VR Safari/537.36",
    ),
    (
        "Chromium",
        "136",
        "Linux",
        None,
        "other",
        "Mozilla/5.0 (X11; GNU/Linux) AppleWebKit/537.36 (KHTML, like Gecko) Chromium/136.0.0.0 Chrome/136.0.0.0 Safari/537.36 Tesla/2025.38.3",
    ),
    (
        "Firefox",
        "48",
        "KaiOS",
        "2",
        "mobile",
        "Mozilla/5.0 (Mobile; Nokia_8110_4G; rv:48.0) Gecko/48.0 Firefox/48.0 KAIOS/2.5.2",
    ),
    (
        "Opera Mini",
        "86",
        "Android",
        None,
        "mobile",
        "Opera/9.80 (Android; Opera Mini/86.0.2254/191.341; U; en) Presto/2.12.423 Version/12.16",
    ),
    (
        "IE",
        "11",
        "Windows",
        "7",
        "desktop",
        "Mozilla/5.0 (Windows NT 6.1; WOW64; Trident/7.0; rv:11.0) like Gecko",
    ),
    (
        "DuckDuckGo",
        "5",
        "Android",
        "10",
        "mobile",
        "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/145.0.0.0 Mobile Safari/537.36 DuckDuckGo/5 Ddg/17.5",
    ),
    (
        "DuckDuckGo",
        "18",
        "macOS",
        "10",
        "desktop",
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Safari/605.1.15 Ddg/18.6",
    ),
    (
        "Firefox",
        "145",
        "Fedora",
        None,
        "desktop",
        "Mozilla/5.0 (X11; Fedora; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
    ),
    (
        "Android WebView",
        "139",
        "Android",
        "13",
        "mobile",
        "Mozilla/5.0 (Linux; Android 13; CUBOT P80 Build/TP1A.220624.014; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/139.0.7258.94 Mobile Safari/537.36",
    ),
    (
        "Chrome",
        "142",
        "Android",
        "14",
        "tablet",
        "Mozilla/5.0 (Linux; Android 14; Pixel Tablet) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
    ),
    (
        "Snapchat",
        "13",
        "iOS",
        "17",
        "mobile",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 Snapchat/13.10.0.43 (like Safari/8618.2.12.10.9, panda)",
    ),
    (
        "iOS WebView",
        None,
        "iOS",
        "18",
        "mobile",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 [LinkedInApp]/9.30.2590",
    ),
    (
        "Daum",
        "9",
        "Android",
        "15",
        "mobile",
        "Mozilla/5.0 (Linux; Android 15; SM-S921N; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/144.0.7559.59 Mobile Safari/537.36 DaumApps/9.5.0 DaumDevice/mobile",
    ),
    (
        "WeChat Browser",
        "8",
        "iOS",
        "18",
        "mobile",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 MicroMessenger/8.0.62(0x18003e2f) NetType/WIFI Language/zh_CN",
    ),
    (
        "Band",
        "18",
        "Android",
        "15",
        "mobile",
        "Mozilla/5.0 (Linux; Android 15; SM-S928N Build/AP3A.240905.015.A2; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/144.0.7559.59 Mobile Safari/537.36 BAND/18.5.1 (Android 15; SM-S928N)",
    ),
    (
        "Electron",
        "39",
        "Windows",
        "10",
        "desktop",
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Slack/4.47.59 Chrome/142.0.7444.162 Electron/39.1.2 Safari/537.36",
    ),
    (
        "Brave",
        "141",
        "macOS",
        "10",
        "desktop",
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36 Brave/141",
    ),
]
BOTS = [
    "",
    "-",
    "Mozilla/5.0",
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; Googlebot/2.1; +http://www.google.com/bot.html) Chrome/146.0.7680.40 Safari/537.36",
    "Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5X Build/MMB29P) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/146.0.7680.40 Mobile Safari/537.36 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm) Chrome/136.0.0.0 Safari/537.36",
    "Mozilla/5.0 (compatible; Yeti/1.1; +https://naver.me/spd)",
    "Mozilla/5.0 (compatible; Daum/4.1; +http://cs.daum.net/faq/15/4118.html?faqId=28966)",
    "Mozilla/5.0 (compatible; YandexBot/3.0; +http://yandex.com/bots)",
    "Mozilla/5.0 (compatible; Baiduspider/2.0; +http://www.baidu.com/search/spider.html)",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_5) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/13.1.1 Safari/605.1.15 (Applebot/0.1; +http://www.apple.com/go/applebot)",
    "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; +https://openai.com/gptbot)",
    "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko); compatible; ChatGPT-User/1.0; +https://openai.com/bot",
    "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; ClaudeBot/1.0; +claudebot@anthropic.com)",
    "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; PerplexityBot/1.0; +https://perplexity.ai/perplexitybot)",
    "Mozilla/5.0 (compatible; Bytespider; spider-feedback@bytedance.com)",
    "meta-externalagent/1.1 (+https://developers.facebook.com/docs/sharing/webmasters/crawler)",
    "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
    "facebookexternalhit/1.1; kakaotalk-scrap/1.0; +https://devtalk.kakao.com/t/scrap/33984",
    "Twitterbot/1.0",
    "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
    "TelegramBot (like TwitterBot)",
    "LinkedInBot/1.0 (compatible; Mozilla/5.0; Apache-HttpClient +http://www.linkedin.com)",
    "Mozilla/5.0 (compatible; Discordbot/2.0; +https://discordapp.com)",
    "Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)",
    "Mozilla/5.0 (compatible; SemrushBot/7~bl; +http://www.semrush.com/bot.html)",
    "Mozilla/5.0 (compatible; DotBot/1.2; +https://opensiteexplorer.org/dotbot; help@moz.com)",
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/146.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Linux; Android 11; moto g power (2022)) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/136.0.0.0 Mobile Safari/537.36 Chrome-Lighthouse",
    "Mozilla/5.0 (Unknown; Linux x86_64) AppleWebKit/538.1 (KHTML, like Gecko) PhantomJS/2.1.1 Safari/538.1",
    "curl/8.14.1",
    "Wget/1.24.5",
    "python-requests/2.34.2",
    "python-httpx/0.28.1",
    "Python/3.11 aiohttp/3.12.15",
    "Go-http-client/2.0",
    "okhttp/5.1.0",
    "Java/21.0.4",
    "axios/1.11.0",
    "node-fetch",
    "PostmanRuntime/7.45.0",
    "Mozilla/5.0+(compatible; UptimeRobot/2.0; http://www.uptimerobot.com/)",
    "Pingdom.com_bot_version_1.4_(http://www.pingdom.com/)",
    "Mozilla/5.0 (compatible; archive.org_bot +http://archive.org/details/archive.org_bot)",
    "CCBot/2.0 (https://commoncrawl.org/faq/)",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36 (compatible; Bluesky Cardyb/1.1; +mailto:support@bsky.app)",
    "Feedly/1.0 (+http://www.feedly.com/fetcher.html; like FeedFetcher-Google)",
    "Mozilla/5.0 (compatible; Amazonbot/0.1; +https://developer.amazon.com/support/amazonbot)",
]
# These say nothing general: only the list of bots knows them.
LISTED_BOTS = ["WhatsApp/2.23.20.0", "Mozilla/5.0 [en] (X11, U; OpenVAS)"]
AGENTS = UaParserAgents()


@pytest.fixture
def agents():
    return AGENTS


@pytest.mark.parametrize(("browser", "version", "os", "os_version", "device", "sent"), BROWSERS)
def test_browsers(agents, browser, version, os, os_version, device, sent):
    """A person's browser is told by name, version, system and device, and is no bot."""
    assert agents.read(sent) == Agent(browser, version, os, os_version, device, is_bot=False)


@pytest.mark.parametrize("sent", BOTS)
def test_bots(sent, agents):
    """What is no person's browser is a bot, whatever device it claims to be."""
    agent = agents.read(sent)
    assert (agent.is_bot, agent.device) == (True, Device.BOT)


@pytest.mark.skipif(not (DATA / "bots.json").is_file(), reason="web/ is not built")
@pytest.mark.parametrize("sent", LISTED_BOTS)
def test_listed_bots(agents, sent):
    """The built list of bots is in use."""
    assert agents.read(sent).is_bot


def test_without_the_list_of_bots(caplog, tmp_path):
    """Where the list wasn't built that is said once, and bots that say what they are still count."""
    agents = UaParserAgents(tmp_path / "bots.json")
    assert all(agents.read(sent).is_bot for sent in BOTS)
    assert not any(agents.read(sent).is_bot for *_, sent in BROWSERS)
    assert [record.message for record in caplog.records] == [
        "bots.json is missing: fewer bots are known; `npm run data` in web/ makes it"
    ]


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ("Mozilla/5.0 (compatible; MSIE 10.0; Windows NT 6.2; Trident/6.0)", False),
        ("Mozilla/5.0 (compatible; NewThing/1.0)", True),
        ("NewThing/1.0 (+https://new.example)", True),
        ("Mozilla/5.0 (Linux; Android 13) CUBOT/1.0", False),
    ],
)
def test_words(tmp_path, sent, expected):
    """Programs that say what they are need no list."""
    assert IsbotPatterns(tmp_path / "none.json").match(sent) is expected


def test_patterns_that_look_around(tmp_path):
    """Patterns that look ahead or behind hold as they stand, with any case."""
    path = tmp_path / "bots.json"
    path.write_text(json.dumps(["(?<! a/|b/)goog(?!(?:wv|app))", "java(?!;)", "^exact$"]))
    patterns = IsbotPatterns(path)
    texts = ["x GOOG x", "x a/goog", "x b/goog", "googwv", "a Java", "a java;", "exact", "exactly"]
    assert [text for text in texts if patterns.match(text)] == ["x GOOG x", "a Java", "exact"]


def test_long_agents_are_cut(agents):
    """What comes after 512 characters changes nothing."""
    sent = BROWSERS[0][-1].ljust(512) + "Googlebot/2.1"
    assert agents.read(sent) == agents.read(BROWSERS[0][-1])


@given(sent=st.text())
def test_any_text_is_read(sent):
    """Whatever is sent, an answer is given, and the same one again."""
    agents = AGENTS
    assert agents.read(sent) == agents.read(sent)
    assert (agents.read(sent).device == Device.BOT) is agents.read(sent).is_bot
