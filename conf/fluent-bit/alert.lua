-- Requests for receivers that cannot take an alert as it is.

-- Returns the text for people: the summary of an alert with context, which is already
-- escaped for Slack, or else its reason. A follow-up has a message.
local function sentence(alert)
    local known = alert.fluent_detect.context
    local of = alert.fluent_detect.follow_up
    local id = string.sub(of and of.of or alert.alert_id, 1, 12)
    if known and known.summary then
        return string.format("%s (alert %s)", known.summary, id)
    end
    local line
    if of then
        line = string.format("%s (alert %s)", alert.message, id)
    else
        line = string.format("%s: %s (%s, alert %s)", alert.alert_severity, alert.event.reason, alert.rule.name, id)
    end
    return (string.gsub(line, "[&<>]", { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;" }))
end

-- Makes the request to a Slack webhook: one paragraph. An event may contain &, < and >,
-- which Slack interprets.
function slack(tag, timestamp, alert)
    return 2, timestamp, { body = json({ text = sentence(alert), mrkdwn = false }), headers = { ["Content-Type"] = "application/json" } }
end

-- Returns the text without the escapes for Slack.
local function plain(text)
    return (string.gsub(text, "&%a+;", { ["&amp;"] = "&", ["&lt;"] = "<", ["&gt;"] = ">" }))
end

-- Makes the request Publish to SNS. Programs that have subscribed get the alert as JSON.
-- People who get mail or text messages get the text for people.
function sns(tag, timestamp, alert)
    local topic = os.getenv("SNS_TOPIC")
    local people = plain(sentence(alert))
    local parameters = {
        "Action=Publish", "MessageStructure=json", "Version=2010-03-31", "TopicArn=" .. form(topic),
        "Subject=" .. form(string.sub(alert.alert_severity .. ": " .. alert.rule.name, 1, 100)),
        "Message=" .. form(json({ default = json(alert), email = people, sms = people })),
    }
    if string.sub(topic, -5) == ".fifo" then
        parameters[#parameters + 1] = "MessageGroupId=" .. form(alert.alert_rule)
        parameters[#parameters + 1] = "MessageDeduplicationId=" .. alert.alert_id
    end
    return 2, timestamp, {
        body = table.concat(parameters, "&"),
        headers = { ["Content-Type"] = "application/x-www-form-urlencoded" },
    }
end

local function text(value)
    return '"' .. string.gsub(value, '[%c"\\]', function(c)
        return string.format("\\u%04x", string.byte(c))
    end) .. '"'
end

-- Returns the JSON of a value from Fluent Bit, where an empty table is an empty list.
function json(value)
    local kind = type(value)
    if kind == "string" then
        return text(value)
    elseif kind == "number" then
        return string.format(value % 1 == 0 and "%.0f" or "%.17g", value)
    elseif kind ~= "table" then
        return kind == "boolean" and tostring(value) or "null"
    end
    local parts = {}
    if #value > 0 or next(value) == nil then
        for _, element in ipairs(value) do
            parts[#parts + 1] = json(element)
        end
        return "[" .. table.concat(parts, ",") .. "]"
    end
    for key, element in pairs(value) do
        parts[#parts + 1] = text(tostring(key)) .. ":" .. json(element)
    end
    return "{" .. table.concat(parts, ",") .. "}"
end

-- Returns a value for a body of application/x-www-form-urlencoded.
function form(value)
    return (string.gsub(value, "[^%w%-_.~]", function(c)
        return string.format("%%%02X", string.byte(c))
    end))
end
