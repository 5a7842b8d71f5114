package cloudtrail

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/fluent-detect/fluent-detect/detector/envelope"
	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/jsontext"
	"github.com/fluent-detect/fluent-detect/detector/msgpack"
)

// document returns the ECS view of the one event in a record, as indented JSON.
func document(t *testing.T, line string) string {
	t.Helper()
	var b bytes.Buffer
	r := envelope.NewReader(schema, func(e *event.Event) {
		prefix := []byte("kept")
		packed := e.AppendECS(prefix)
		v, end, err := msgpack.Read(packed, len(prefix))
		if err != nil || end != len(packed) || !bytes.HasPrefix(packed, prefix) {
			t.Fatalf("AppendECS(%q) = %q, %v", prefix, packed, err)
		}
		if err := json.Indent(&b, jsontext.AppendJSON(nil, v), "", "  "); err != nil {
			t.Fatal(err)
		}
	})
	readLine(t, r, line)
	return b.String()
}

// Each member has a value of its own, so that none can stand in another's place.
func TestECSView(t *testing.T) {
	for _, c := range []struct{ name, line, want string }{
		{"a role's session", `{
			"eventVersion":"v1","eventSource":"iam.amazonaws.com","eventName":"UpdateUser","eventID":"v2","eventTime":"2024-02-01T08:19:00Z",
			"userIdentity":{"type":"AssumedRole","principalId":"v3","arn":"v4","accountId":"v5","accessKeyId":"v6","invokedBy":"v7",
				"sessionContext":{"sessionIssuer":{"type":"v8","principalId":"v9","arn":"v10","accountId":"v11","userName":"v12"},
					"attributes":{"creationDate":"2024-02-01T08:00:00Z","mfaAuthenticated":"false"}}},
			"awsRegion":"v13","sourceIPAddress":"198.51.100.7","userAgent":"v14","errorCode":"v15","errorMessage":"v16",
			"requestParameters":{"userName":"v17","newUserName":"v18","groupName":"v19","none":"none","deep":{"x":[{},{"y":"-"},3]}},
			"responseElements":{"user":{"userId":"v20"},"group":{"groupId":"v21"}},
			"additionalEventData":{"LoginTo":"v22"},"serviceEventDetails":{"n":1.0},
			"requestID":"v23","eventType":"v24","eventCategory":"v25","apiVersion":"v26","managementEvent":true,"readOnly":false,
			"recipientAccountId":"v27","vpcEndpointId":"v28","sessionCredentialFromConsole":"true","sharedEventID":"unused",
			"resources":[{"ARN":"v29","accountId":"v30","type":"v31"},{"ARNPrefix":"v32","type":""},{}],
			"tlsDetails":{"tlsVersion":"TLSv1.3","cipherSuite":"v33","clientProvidedHostHeader":"v34"}}`, `{
  "@timestamp": "2024-02-01T08:19:00Z",
  "event": {
    "provider": "iam.amazonaws.com",
    "action": "UpdateUser",
    "outcome": "failure",
    "id": "v2",
    "dataset": "aws.cloudtrail",
    "module": "aws",
    "kind": "event",
    "category": [
      "iam"
    ],
    "type": [
      "user",
      "change"
    ]
  },
  "data_stream": {
    "dataset": "aws.cloudtrail",
    "type": "logs"
  },
  "cloud": {
    "provider": "aws",
    "region": "v13",
    "account": {
      "id": "v5"
    },
    "service": {
      "name": "iam"
    }
  },
  "user": {
    "name": "v12",
    "id": "v3",
    "target": {
      "name": "v17",
      "id": "v20"
    },
    "changes": {
      "name": "v18"
    },
    "entity": {
      "id": [
        "v10"
      ]
    }
  },
  "group": {
    "name": "v19",
    "id": "v21"
  },
  "source": {
    "address": "198.51.100.7",
    "ip": "198.51.100.7"
  },
  "user_agent": {
    "original": "v14"
  },
  "tls": {
    "version": "1.3",
    "version_protocol": "tls",
    "cipher": "v33",
    "client": {
      "server_name": "v34"
    }
  },
  "aws": {
    "cloudtrail": {
      "event_version": "v1",
      "event_type": "v24",
      "event_category": "v25",
      "api_version": "v26",
      "management_event": "true",
      "read_only": false,
      "recipient_account_id": "v27",
      "request_id": "v23",
      "shared_event_id": "unused",
      "vpc_endpoint_id": "v28",
      "session_credential_from_console": "true",
      "error_code": "v15",
      "error_message": "v16",
      "resources": [
        {
          "arn": "v29",
          "account_id": "v30",
          "type": "v31"
        },
        {
          "ARNPrefix": "v32"
        }
      ],
      "user_identity": {
        "type": "AssumedRole",
        "arn": "v4",
        "access_key_id": "v6",
        "invoked_by": "v7",
        "session_context": {
          "mfa_authenticated": "false",
          "creation_date": "2024-02-01T08:00:00Z",
          "session_issuer": {
            "type": "v8",
            "principal_id": "v9",
            "arn": "v10",
            "account_id": "v11"
          }
        }
      },
      "request_parameters": "{groupName=v19, deep={x=[3]}, newUserName=v18, userName=v17}",
      "response_elements": "{user={userId=v20}, group={groupId=v21}}",
      "additional_eventdata": "{LoginTo=v22}",
      "service_event_details": "{n=1.0}",
      "flattened": {
        "request_parameters": {
          "userName": "v17",
          "newUserName": "v18",
          "groupName": "v19",
          "deep": {
            "x": [
              3
            ]
          }
        },
        "response_elements": {
          "user": {
            "userId": "v20"
          },
          "group": {
            "groupId": "v21"
          }
        },
        "additional_eventdata": {
          "LoginTo": "v22"
        },
        "service_event_details": {
          "n": 1.0
        }
      }
    }
  },
  "actor": {
    "entity": {
      "id": [
        "v4"
      ]
    }
  },
  "related": {
    "entity": [
      "v10",
      "v12",
      "v17",
      "v20",
      "v29",
      "v4",
      "v6"
    ],
    "user": [
      "v17",
      "v18",
      "v20",
      "v3",
      "v12"
    ],
    "ip": [
      "198.51.100.7"
    ],
    "hosts": [
      "v34"
    ]
  }
}`},
		{"a login", `{"eventSource":"signin.amazonaws.com","eventName":"ConsoleLogin","userIdentity":{"type":"Root","userName":"-"},"recipientAccountId":"v1","sourceIPAddress":"AWS Internal",
			"responseElements":{"ConsoleLogin":"Failure"},"additionalEventData":{"LoginTo":"v2","MobileVersion":"No","MFAUsed":"Yes"},
			"tlsDetails":{"tlsVersion":"none"},"resources":[],"requestParameters":{"a":null},"serviceEventDetails":"text"}`, `{
  "event": {
    "provider": "signin.amazonaws.com",
    "action": "ConsoleLogin",
    "outcome": "failure",
    "dataset": "aws.cloudtrail",
    "module": "aws",
    "kind": "event",
    "category": [
      "authentication"
    ],
    "type": [
      "info"
    ]
  },
  "data_stream": {
    "dataset": "aws.cloudtrail",
    "type": "logs"
  },
  "cloud": {
    "provider": "aws",
    "account": {
      "id": "v1"
    },
    "service": {
      "name": "signin"
    }
  },
  "source": {
    "address": "AWS Internal"
  },
  "aws": {
    "cloudtrail": {
      "recipient_account_id": "v1",
      "user_identity": {
        "type": "Root"
      },
      "response_elements": "{ConsoleLogin=Failure}",
      "additional_eventdata": "{LoginTo=v2, MobileVersion=No, MFAUsed=Yes}",
      "service_event_details": "text",
      "flattened": {
        "response_elements": {
          "ConsoleLogin": "Failure"
        },
        "additional_eventdata": {
          "LoginTo": "v2",
          "MobileVersion": "No",
          "MFAUsed": "Yes"
        },
        "service_event_details": "text"
      },
      "console_login": {
        "additional_eventdata": {
          "mobile_version": false,
          "mfa_used": true,
          "login_to": "v2"
        }
      }
    }
  },
  "entity": {
    "target": {
      "id": [
        "v1"
      ]
    }
  },
  "target": {
    "entity": {
      "id": [
        "v1"
      ]
    }
  },
  "related": {
    "entity": [
      "v1"
    ]
  }
}`},
		{"one in ECS form already", `{"event":{"provider":"p"},"event.action":["a","b"],"message":"-","user":{"name":null}}`, `{
  "event": {
    "provider": "p"
  },
  "event.action": [
    "a",
    "b"
  ],
  "message": "-",
  "user": {
    "name": null
  }
}`},
	} {
		if got := document(t, c.line); got != c.want {
			t.Errorf("%s:\n%s\nwant\n%s", c.name, got, c.want)
		}
	}
}

// Objects of the view can be asked for: a rule may say that there is one.
func TestObjects(t *testing.T) {
	for _, c := range []struct{ members, field, want string }{
		{`"userIdentity":{"type":"Root"}`, "aws.cloudtrail.user_identity", `{"type":"Root"}`},
		{``, "aws.cloudtrail.user_identity", ``},
		{`"userIdentity":{"type":"-"}`, "aws.cloudtrail.user_identity", ``},
		{`"resources":[{"ARN":"a"}]`, "aws.cloudtrail.resources", `{"arn":"a"}`},
		{`"requestParameters":{"a":{"b":1}}`, "aws.cloudtrail.flattened", `{"request_parameters":{"a":{"b":1}}}`},
		{`"requestParameters":{"a":{"b":1}}`, "aws.cloudtrail.flattened.request_parameters.a", `{"b":1}`},
		{``, "data_stream", `{"dataset":"aws.cloudtrail","type":"logs"}`},
	} {
		f := schema.Field(c.field)
		if f.Type != event.TypeObject && f.Type != event.TypeFlattened || !f.Derivable {
			t.Errorf("%s: type %s, derivable %v", c.field, f.Type, f.Derivable)
		}
		if got := values(t, with(c.members), c.field); got != c.want {
			t.Errorf("{%s}\n%s = %s, want %s", c.members, c.field, got, c.want)
		}
	}
}
